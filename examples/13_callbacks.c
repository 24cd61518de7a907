/* SPDX-License-Identifier: MIT
 *
 * 13_callbacks.c - a loop without tasks: callbacks that go on by themselves, a
 * thread that posts, and a stop that ends it all.
 */
#include <cede.h>
#include <pthread.h>
#include <stdio.h>

static cede_loop *loop;
static cede_handle next; /* of the next tick */

static int tick(void *count)
{
    printf("tick %d\n", ++*(int *)count);
    return cede_loop_call_later(loop, 20 * CEDE_MS, tick, count, &next);
}

static int stop(void *line)
{
    puts(line);
    cede_handle_cancel(&next);
    return cede_loop_stop(loop);
}

static int hear(void *line) /* on the loop's thread, like all of these */
{
    puts(line);
    return cede_loop_call_later(loop, 50 * CEDE_MS, stop, "stopped", NULL);
}

static void *speak(void *line)
{
    cede_loop_post(loop, hear, line); /* wakes the loop */
    return NULL;
}

int main(void)
{
    int count = 0;
    pthread_t speaker;
    cede_options options = {.poller = "virtual"}; /* "epoll" takes its time */
    loop = cede_loop_new(&options);
    if (pthread_create(&speaker, NULL, speak, "hello from a thread") != 0)
        return 1;
    pthread_join(speaker, NULL); /* what it said is on its way */
    cede_loop_call_soon(loop, tick, &count, NULL);
    int rc = cede_loop_run_forever(loop);
    return cede_loop_close(loop) < 0 || rc < 0;
}

/* Prints:
 * tick 1
 * hello from a thread
 * tick 2
 * tick 3
 * stopped
 */
