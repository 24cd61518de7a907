/* SPDX-License-Identifier: MIT
 *
 * ration.c - a pool that looks empty; see ration.h.
 */
#include "ctx/ration.h"

static _Thread_local struct {
    struct cd_stack *free[CD_STACK_CLASSES];
    size_t count;
} aside;

/* What Valgrind watches looks empty anyway. */
void cd_ration_begin(void)
{
    if (cd_stacks.watched)
        return;
    cd_stacks.rationed = true;
    cd_stacks.keep = 0;
    for (unsigned c = 0; c < CD_STACK_CLASSES; c++) {
        aside.free[c] = cd_stacks.free[c];
        aside.count += cd_stacks.count[c];
        cd_stacks.free[c] = NULL;
        cd_stacks.count[c] = 0;
    }
}

void cd_ration_end(void)
{
    if (!cd_stacks.rationed)
        return;
    cd_stacks.rationed = false;
    cd_stacks.keep = CD_STACKS_KEPT;
    for (unsigned c = 0; c < CD_STACK_CLASSES; c++) {
        struct cd_stack *s;
        while ((s = cd_ration_take(c)))
            cd_stack_keep(s);
    }
}

struct cd_stack *cd_ration_take(unsigned size_class)
{
    struct cd_stack *s = aside.free[size_class];
    if (s) {
        aside.free[size_class] = s->next;
        aside.count--;
    }
    return s;
}

void cd_ration_give(struct cd_stack *s)
{
    s->next = aside.free[s->size_class];
    aside.free[s->size_class] = s;
    aside.count++;
}

size_t cd_ration_count(void)
{
    return aside.count;
}
