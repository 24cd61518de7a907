/* SPDX-License-Identifier: MIT
 *
 * fork.c - loops in the child of a fork.
 *
 * A process forked inside a run has a copy of all its tasks, which must not
 * run twice.  So the child's thread leaves the run behind: it is outside of
 * any task from then on, and may begin a run of its own.  All loops that there
 * are, of whatever thread, stay the parent's; their descriptors are closed.
 */
#include "gen/gen.h"
#include "task/loop.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cd_list loops = {&loops, &loops};

static void lock_all(void)
{
    cd_gen_lock_made();
    pthread_mutex_lock(&lock);
}

static void unlock_all(void)
{
    pthread_mutex_unlock(&lock);
    cd_gen_unlock_made();
}

static const struct cd_thread outside;

static void leave_behind(void)
{
    if (cd_me.task) {
        cd_me.task->scope = NULL; /* the task's end will notice */
        cd_locals_leave_behind();
    }
    cd_loop_leave(&outside);
    cd_me.stack_class = (unsigned)cd_stack_class(0);
    cd_me.debug = cd_debug_wanted();
    cd_me.probe = NULL;
    cd_me.forked = true;
}

static void in_child(void)
{
    unlock_all();
    cd_interrupt_forked();
    cd_me.member = NULL; /* the others are not here */
    struct cd_list *node;
    while ((node = cd_list_take(&loops))) {
        struct cede_loop *l = cd_container(node, struct cede_loop, node);
        l->owner = NULL;
        cd_loop_disown(&l->loop);
    }
    if (cd_me.loop)
        leave_behind();
}

static void watch_forks(void)
{
    pthread_atfork(lock_all, unlock_all, in_child);
}

void cd_loops_add(struct cede_loop *l)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&lock);
    cd_list_append(&loops, &l->node);
    pthread_mutex_unlock(&lock);
}

void cd_loops_remove(struct cede_loop *l)
{
    pthread_mutex_lock(&lock);
    cd_list_remove(&l->node);
    pthread_mutex_unlock(&lock);
}
