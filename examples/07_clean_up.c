/* SPDX-License-Identifier: MIT
 *
 * 07_clean_up.c - clean-up that waits, in a task that is cancelled: behind a
 * shield, with a deadline of its own, so that a peer that does not answer holds
 * up nobody for long.
 */
#include <cede.h>
#include <stdio.h>

static int say(int *seconds, const char *what) /* a peer that takes so long */
{
    int rc = cede_sleep(*seconds * CEDE_SEC);
    printf("%2d s: %s: %s\n", *seconds, what, rc < 0 ? "no answer" : "yes");
    return rc;
}

static void hang_up(void *peer)
{
    cede_scope s;
    cede_enter_shielded(&s, cede_in(2 * CEDE_SEC));
    cede_leave(&s, say(peer, "goodbye"));
}

static int talk(void *peer)
{
    CEDE_DEFER(hang_up, peer);
    for (;;)
        CEDE_TRY(say(peer, "a quote"));
}

static int talk_to_both(void *unused)
{
    (void)unused;
    int near = 1, far = 60;
    return cede_gather(CEDE_CALLS({talk, &near}, {talk, &far}), NULL);
}

static int amain(void *unused)
{
    cede_time start = cede_clock();
    int rc = cede_within(1500 * CEDE_MS, talk_to_both, unused);
    printf("%s after %d ms\n", rc == -ETIMEDOUT ? "over" : "?",
           (int)((cede_clock() - start) / CEDE_MS));
    return 0;
}

int main(void)
{
    return cede_run_with(&(cede_options){.poller = "virtual"}, amain, NULL) < 0;
}

/* Prints:
 *  1 s: a quote: yes
 *  1 s: a quote: no answer
 * 60 s: a quote: no answer
 *  1 s: goodbye: yes
 * 60 s: goodbye: no answer
 * over after 3500 ms
 */
