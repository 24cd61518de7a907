/* SPDX-License-Identifier: MIT
 *
 * 05_race.c - several calls at once: all, with their results in order; or the
 * first that succeeds, and the others are cancelled.
 */
#include <cede.h>
#include <stdio.h>

struct server {
    const char *name;
    int seconds; /* until it answers; < 0: it refuses after so many */
};

static int ask(void *arg) /* the price */
{
    const struct server *s = arg;
    int seconds = s->seconds < 0 ? -s->seconds : s->seconds;
    int rc = cede_sleep(seconds * CEDE_SEC);
    if (rc == -ECANCELED)
        printf("%s: hangs up\n", s->name);
    CEDE_TRY(rc);
    if (s->seconds < 0)
        return cede_fail(-ECONNREFUSED, "%s refused", s->name);
    return 100 + seconds;
}

static int amain(void *unused)
{
    (void)unused;
    struct server a = {"north", 30}, b = {"south", 2}, down = {"west", -1};

    int price[2];
    CEDE_TRY(cede_gather(CEDE_CALLS({ask, &a}, {ask, &b}), price));
    printf("all: %d, %d\n", price[0], price[1]);

    int first,
        winner =
            cede_race(CEDE_CALLS({ask, &a}, {ask, &down}, {ask, &b}), &first);
    CEDE_TRY(winner);
    printf("call %d was first: %d\n", winner, first);

    int rc = cede_race(CEDE_CALLS({ask, &down}), NULL);
    printf("nobody: %s\n", rc < 0 ? cede_message() : "?");
    return 0;
}

int main(void)
{
    return cede_run_with(&(cede_options){.poller = "virtual"}, amain, NULL) < 0;
}

/* Prints:
 * all: 130, 102
 * north: hangs up
 * call 2 was first: 102
 * nobody: west refused
 */
