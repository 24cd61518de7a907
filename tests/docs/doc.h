/* SPDX-License-Identifier: MIT
 *
 * doc.h - what the programs of a page begin with; see extract.awk.
 */
#ifndef DOC_H
#define DOC_H

#include <cede.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "-ECANCELED" and so on; "0" and other results as they are.  Samples print
 * names, because the texts of the system's codes are the C library's. */
static inline const char *name(int rc)
{
    static char number[4][16];
    static unsigned at;
    switch (rc) {
    case -ECANCELED:
        return "-ECANCELED";
    case -ETIMEDOUT:
        return "-ETIMEDOUT";
    case -ECONNREFUSED:
        return "-ECONNREFUSED";
    case -ECONNRESET:
        return "-ECONNRESET";
    case -EPIPE:
        return "-EPIPE";
    case -EMSGSIZE:
        return "-EMSGSIZE";
    case -EIO:
        return "-EIO";
    case -EAGAIN:
        return "-EAGAIN";
    case -EALREADY:
        return "-EALREADY";
    case -EPERM:
        return "-EPERM";
    case -EINVAL:
        return "-EINVAL";
    case -EDEADLK:
        return "-EDEADLK";
    case -EBUSY:
        return "-EBUSY";
    case -ENOTEMPTY:
        return "-ENOTEMPTY";
    case CEDE_EXIT:
        return "CEDE_EXIT";
    case CEDE_EBROKEN:
        return "CEDE_EBROKEN";
    case CEDE_ECLOSED:
        return "CEDE_ECLOSED";
    case CEDE_ESHORT:
        return "CEDE_ESHORT";
    }
    char *text = number[at++ % 4];
    snprintf(text, sizeof number[0], "%d", rc);
    return text;
}

/* The program is that task. */
static inline int doc_run(cede_fn *fn)
{
    return cede_run_with(&(cede_options){.poller = "virtual"}, fn, NULL);
}

/* What aborts has said why; shells would add to that. */
static inline void doc_aborted(int signal)
{
    _exit(128 + signal);
}

static inline int doc_main(int (*const *programs)(void), int n, int argc,
                           char **argv)
{
    int which = argc > 1 ? atoi(argv[1]) : 0;
    if (which < 1 || which > n)
        return 2;
    signal(SIGABRT, doc_aborted);
    setvbuf(stdout, NULL, _IONBF, 0); /* in order with what cede reports */
    int rc = programs[which - 1]();
    if (rc < 0)
        printf("failed: %s\n", name(rc));
    return 0;
}

#endif
