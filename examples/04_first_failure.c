/* SPDX-License-Identifier: MIT
 *
 * 04_first_failure.c - a group fails with its first failure: the others are
 * cancelled, clean up, and are over when the failure is handled.
 */
#include <cede.h>
#include <stdio.h>

static void unsubscribe(void *feed)
{
    printf("%s: unsubscribed\n", (char *)feed);
}

static int follow(void *feed)
{
    CEDE_DEFER(unsubscribe, feed); /* on every way out */
    return cede_sleep(CEDE_NEVER); /* quotes come in */
}

static int breaks(void *feed)
{
    CEDE_DEFER(unsubscribe, feed);
    CEDE_TRY(cede_sleep(5 * CEDE_SEC));
    return cede_fail(-EIO, "%s hung up", (char *)feed);
}

static int follow_all(void)
{
    CEDE_GROUP(group);
    cede_go(&group, follow, "north");
    cede_go(&group, breaks, "east");
    cede_go(&group, follow, "south");
    return cede_join(&group); /* here all are over */
}

static int amain(void *unused)
{
    (void)unused;
    if (follow_all() == -EIO)
        printf("failed: %s\n", cede_message());
    cede_failure all[3]; /* those who were cancelled did not fail */
    size_t n = cede_failures(all, 3);
    printf("%zu failed: %s\n", n, all[0].name);
    return 0;
}

int main(void)
{
    return cede_run_with(&(cede_options){.poller = "virtual"}, amain, NULL) < 0;
}

/* Prints:
 * east: unsubscribed
 * north: unsubscribed
 * south: unsubscribed
 * failed: east hung up
 * 1 failed: breaks
 */
