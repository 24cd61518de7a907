/* SPDX-License-Identifier: MIT
 *
 * frames.h - what tasks stand in, printed.
 */
#ifndef CD_DEBUG_FRAMES_H
#define CD_DEBUG_FRAMES_H

#include "ctx/look.h"
#include "task/task.h"

#include <signal.h>
#include <stdio.h>

enum { CD_FRAMES_MOST = 128 };

/* A call; or, with a generator, the step or delegation that led into it. */
struct cd_frame {
    uintptr_t pc;
    const struct cede_gen *within; /* its frames end here; NULL: a call */
};

struct cd_frames {
    struct cd_stacks *stacks;   /* of libcede_stacks; NULL: there is none */
    struct cd_standing here;    /* who asks, */
    const struct cd_coro *self; /* and on which stack, */
    stack_t handlers;           /* or this one */
    struct cd_frame at[CD_FRAMES_MOST];
    int count;
    /* The task whose frames were printed last; 0: none. */
    uint64_t shown;
    struct cd_frame shown_at[CD_FRAMES_MOST];
    int shown_count;
};

/* Whoever asks stands here.  Until it is opened, nothing is printed. */
void cd_frames_begin(struct cd_frames *f, struct cd_standing here);
/* Find libcede_stacks, and get it ready.  Takes a large stack. */
void cd_frames_open(struct cd_frames *f);
/* Print what t stands in, a line a call. */
void cd_frames_print(struct cd_frames *f, FILE *out, const struct cd_task *t,
                     int indent);
/* Say what was missing, if anything. */
void cd_frames_close(struct cd_frames *f, FILE *out);

#endif
