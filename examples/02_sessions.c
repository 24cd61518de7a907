/* SPDX-License-Identifier: MIT
 *
 * 02_sessions.c - a generator as a context manager: what is opened is closed,
 * politely and in reverse, also when time is up.
 */
#include <cede.h>
#include <stdio.h>

/* Clean-up that waits, though the task is cancelled; but not for long. */
static void say_goodbye(const char *peer)
{
    cede_scope s;
    cede_enter_shielded(&s, cede_in(100 * CEDE_MS));
    int rc = cede_leave(&s, cede_sleep(10 * CEDE_MS)); /* the network */
    printf("%s: goodbye, %s\n", peer, cede_strerror(rc));
}

static int session(cede_gen *self, void *peer)
{
    CEDE_TRY(cede_sleep(10 * CEDE_MS)); /* entering may wait, and fail */
    printf("%s: hello\n", (const char *)peer);
    int rc = cede_yield(self, &peer); /* here the block runs */
    say_goodbye(peer);
    return rc; /* the block's failure goes on */
}

static int talk_to_one(void *name)
{
    int rc;
    cede_with (rc, void *, peer, cede_gen_of(void *, session, name)) {
        printf("%s: the quote, please\n", (const char *)peer);
        rc = cede_sleep(CEDE_NEVER); /* it never comes */
    }
    return rc;
}

static int talk_to_all(void *names)
{
    int rc;
    CEDE_EXITS(open, rc); /* closed at the end of the block, last first */
    for (char **name = names; *name; name++)
        CEDE_TRY(rc = cede_exits_with(
                     &open, cede_gen_of(void *, session, *name), NULL));
    return rc = cede_sleep(CEDE_NEVER);
}

static int amain(void *unused)
{
    (void)unused;
    int one = cede_within(50 * CEDE_MS, talk_to_one, "north");
    int all = cede_within(50 * CEDE_MS, talk_to_all,
                          (const char *[]){"east", "south", "west", NULL});
    return one == -ETIMEDOUT && all == -ETIMEDOUT ? 0 : -EPROTO;
}

int main(void)
{
    return cede_run(amain, NULL) < 0;
}
