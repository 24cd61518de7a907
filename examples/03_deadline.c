/* SPDX-License-Identifier: MIT
 *
 * 03_deadline.c - one deadline for several tasks: what is done by then is done,
 * the rest is cancelled, and nothing is left behind.
 *
 * On the virtual clock an hour takes no time, and comes out exact.
 */
#include <cede.h>
#include <stdio.h>

static int done;

static int worker(void *pages) /* takes pages, of so many minutes each */
{
    int page, rc;
    while ((rc = cede_get(pages, &page)) > 0) {
        CEDE_TRY(cede_sleep(page * 60 * CEDE_SEC));
        printf("a page of %d minutes\n", page);
        done++;
    }
    return rc;
}

static int load_all(cede_queue *pages, int workers, cede_time deadline)
{
    CEDE_SCOPE(limit, deadline);
    CEDE_GROUP(group);
    for (int i = 0; i < workers; i++)
        cede_go(&group, worker, pages);
    return cede_leave(&limit, cede_join(&group));
}

static int amain(void *unused)
{
    (void)unused;
    cede_queue *pages = cede_queue_new(sizeof(int), SIZE_MAX);
    for (int page = 12; page <= 42; page += 5)
        CEDE_TRY(cede_put(pages, &page));
    cede_queue_close(pages);
    int rc = load_all(pages, 2, cede_in(3600 * CEDE_SEC));
    printf("%d in an hour%s\n", done, rc == -ETIMEDOUT ? ", time is up" : "");
    cede_queue_free(pages);
    return 0;
}

int main(void)
{
    return cede_run_with(&(cede_options){.poller = "virtual"}, amain, NULL) < 0;
}

/* Prints:
 * a page of 12 minutes
 * a page of 17 minutes
 * a page of 22 minutes
 * a page of 27 minutes
 * 4 in an hour, time is up
 */
