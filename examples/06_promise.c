/* SPDX-License-Identifier: MIT
 *
 * 06_promise.c - a promise: what a thread finds out, a task waits for, while
 * the other tasks go on; and a callback for who does not want to wait.
 */
#include <cede.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *compute(void *answer) /* a thread of its own, which may block */
{
    usleep(10 * 1000);
    cede_resolve(answer, 42);
    return NULL;
}

static void told(cede_future *answer, void *whom)
{
    printf("%s is told: %d\n", (char *)whom, cede_result(answer));
}

static int waits(void *answer)
{
    int rc = cede_await(answer);
    printf("a task has it: %d\n", rc);
    return rc;
}

static int amain(void *unused)
{
    (void)unused;
    cede_future *answer = cede_promise();
    CEDE_TRY(cede_on_done(answer, told, "the log"));
    CEDE_GROUP(group);
    cede_go(&group, waits, answer);
    int rc = cede_sleep(0);
    puts("it waits, and holds up nobody");
    pthread_t thread;
    if (pthread_create(&thread, NULL, compute, answer) != 0)
        return cede_join_rc(&group, -EAGAIN);
    rc = cede_join_rc(&group, rc);
    pthread_join(thread, NULL);
    cede_future_free(answer);
    return rc;
}

int main(void)
{
    return cede_run(amain, NULL) < 0;
}

/* Prints:
 * it waits, and holds up nobody
 * the log is told: 42
 * a task has it: 42
 */
