/* SPDX-License-Identifier: MIT
 *
 * made.c - generators that a debug run has made and nobody has closed.
 *
 * They are in a list of the run's.  A generator may be closed on another
 * thread than the one that made it, also after the run, so one lock guards all
 * these lists; ordinary runs have none, and do not come here.
 */
#include "gen/gen.h"

#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void cd_gen_lock_made(void)
{
    pthread_mutex_lock(&lock);
}

void cd_gen_unlock_made(void)
{
    pthread_mutex_unlock(&lock);
}

void cd_gen_track(cede_gen *g, const char *site)
{
    g->tracked = true;
    g->site = site;
    cd_gen_lock_made();
    cd_list_append(cd_me.made, &g->made);
    cd_gen_unlock_made();
}

void cd_gen_untrack(cede_gen *g)
{
    cd_gen_lock_made();
    cd_list_remove(&g->made);
    cd_gen_unlock_made();
}

/* The first one's report; false: there is none. */
static bool take(struct cd_list *made, char *text, size_t size)
{
    cd_gen_lock_made();
    struct cd_list *node = cd_list_take(made);
    if (node) {
        const cede_gen *g = cd_container(node, cede_gen, made);
        char what[256];
        (void)cede_gen_describe(g, what, sizeof what);
        snprintf(text, size, "%s was not closed in its run%s%s", what,
                 g->site ? ", made at " : "", g->site ? g->site : "");
    }
    cd_gen_unlock_made();
    return node;
}

void cd_gen_report_made(struct cd_list *made)
{
    char text[512];
    /* One by one: the hook may close some. */
    while (take(made, text, sizeof text))
        cd_notice(text, "", -EBUSY);
}
