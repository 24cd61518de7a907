/* SPDX-License-Identifier: MIT
 *
 * 12_async_generator.c - a generator that waits between its items: a page at a
 * time of something long, which the loop that wants it need not know.  One
 * that runs ahead fetches the next page while this one is being read.
 */
#include <cede.h>
#include <stdio.h>

static void hang_up(void *unused)
{
    (void)unused;
    puts("hung up");
}

static int pages(cede_gen *self, void *unused)
{
    CEDE_DEFER(hang_up, unused);
    for (int page = 1;; page++) {
        CEDE_TRY(cede_sleep(2 * CEDE_SEC)); /* to fetch it */
        CEDE_TRY(cede_yield(self, &page));
    }
}

static int read_four(cede_gen *source)
{
    cede_time start = cede_now();
    cede_each (int, page, source) {
        printf("%d ", page);
        CEDE_TRY(cede_sleep(CEDE_SEC)); /* to read it */
        if (page == 4)
            break; /* closes it, and so hangs up */
    }
    printf("after %d s\n", (int)((cede_now() - start) / CEDE_SEC));
    return cede_each_error();
}

static int amain(void *unused)
{
    CEDE_TRY(read_four(cede_gen_of(int, pages, unused)));
    CEDE_GROUP(helpers);
    int rc =
        read_four(cede_gen_ahead(&helpers, cede_gen_of(int, pages, unused), 1));
    return cede_join_rc(&helpers, rc);
}

int main(void)
{
    return cede_run_with(&(cede_options){.poller = "virtual"}, amain, NULL) < 0;
}

/* Prints:
 * 1 2 3 4 hung up
 * after 12 s
 * 1 2 3 4 hung up
 * after 9 s
 */
