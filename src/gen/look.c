/* SPDX-License-Identifier: MIT
 *
 * look.c - what can be asked of a generator without stepping it.
 */
#include "gen/gen.h"
#include "gen/iter.h"

#include <stdio.h>

int cede_gen_result(const cede_gen *g)
{
    return g ? g->result : -ENOMEM;
}

enum cede_gen_state cede_gen_state(const cede_gen *g)
{
    if (!g)
        return CEDE_CLOSED;
    while (g->outer) /* a part of a chain does what its root does */
        g = g->outer;
    return g->f.state == CD_DELEGATING ? CEDE_SUSPENDED
                                       : (enum cede_gen_state)g->f.state;
}

size_t cd_gen_out_size(const cede_gen *g)
{
    return g->f.out_size;
}

const char *cede_gen_name(const cede_gen *g)
{
    return g ? g->co.name : "";
}

int cede_gen_describe(const cede_gen *g, char *buf, size_t size)
{
    static const char *const states[] = {"CREATED", "RUNNING", "SUSPENDED",
                                         "CLOSED"};
    return snprintf(buf, size, "generator %s %s", cede_gen_name(g),
                    states[cede_gen_state(g)]);
}
