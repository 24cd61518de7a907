/* SPDX-License-Identifier: MIT
 *
 * ration.c - a pool that looks empty; see ration.h.
 */
#include "ctx/ration.h"

/* What Valgrind watches looks empty anyway. */
void cd_ration_begin(struct cd_ration *r)
{
    if (cd_stacks.watched)
        return;
    r->count = 0;
    cd_stacks.ration = r;
    cd_stacks.keep = 0;
    for (unsigned c = 0; c < CD_STACK_CLASSES; c++) {
        r->free[c] = cd_stacks.free[c];
        r->count += cd_stacks.count[c];
        cd_stacks.free[c] = NULL;
        cd_stacks.count[c] = 0;
    }
}

void cd_ration_end(void)
{
    struct cd_ration *r = cd_stacks.ration;
    if (!r)
        return;
    cd_stacks.keep = CD_STACKS_KEPT;
    for (unsigned c = 0; c < CD_STACK_CLASSES; c++) {
        struct cd_stack *s;
        while ((s = cd_ration_take(c)))
            cd_stack_keep(s);
    }
    cd_stacks.ration = NULL;
}

struct cd_stack *cd_ration_take(unsigned size_class)
{
    struct cd_ration *r = cd_stacks.ration;
    struct cd_stack *s = r->free[size_class];
    if (s) {
        r->free[size_class] = s->next;
        r->count--;
    }
    return s;
}

void cd_ration_give(struct cd_stack *s)
{
    struct cd_ration *r = cd_stacks.ration;
    s->next = r->free[s->size_class];
    r->free[s->size_class] = s;
    r->count++;
}

size_t cd_ration_count(void)
{
    return cd_stacks.ration ? cd_stacks.ration->count : 0;
}
