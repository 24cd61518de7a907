/* SPDX-License-Identifier: MIT
 *
 * slow.h - debug runs tell which steps held the thread for too long.
 */
#ifndef CD_TASK_SLOW_H
#define CD_TASK_SLOW_H

#include "loop/guide.h"

/* The run's guide, and what it knows of the step that is being taken. */
struct cd_slow {
    struct cd_guide guide; /* first; its begin and end are ours, see below */
    cede_time limit;
    cede_time began;
    const struct cd_task *task;   /* NULL: a callback's step */
    const struct cd_group *group; /* the task's, and its name and site: */
    const char *name, *site;      /* it may be over at the end of the step */
};

/* Have the guide, which is attached, report steps longer than limit; <= 0:
 * 100 ms.  In real time, whatever clock the loop has. */
void cd_slow_watch(struct cd_slow *s, cede_time limit);

#endif
