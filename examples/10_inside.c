/* SPDX-License-Identifier: MIT
 *
 * 10_inside.c - what a program is doing, asked from within: its tasks, what
 * each waits for, and since when.  cede_dump prints that and more, with stacks.
 */
#include <cede.h>
#include <stdio.h>

static int shop(void *orders)
{
    int order;
    return cede_get(orders, &order);
}

static int night(void *unused)
{
    (void)unused;
    return cede_sleep(8 * 3600 * CEDE_SEC);
}

static int look(void *unused)
{
    (void)unused;
    cede_task_info info[8];
    cede_set_name("inspector");
    CEDE_TRY(cede_sleep(CEDE_SEC));
    size_t n = cede_tasks(info, 8);
    for (size_t i = 0; i < n && i < 8; i++)
        printf("%s: %s\n", info[i].name,
               *info[i].waits ? info[i].waits : "runs");
    cede_dump(stderr);
    return 0;
}

static int amain(void *unused)
{
    cede_queue *orders = cede_queue_new(sizeof(int), 1);
    CEDE_GROUP(city);
    cede_go(&city, shop, orders);
    cede_go(&city, night, unused);
    int rc = cede_gather(CEDE_CALLS({look, NULL}), NULL);
    cede_group_cancel(&city);
    rc = cede_join_rc(&city, rc);
    cede_queue_free(orders);
    return rc;
}

int main(void)
{
    return cede_run_with(&(cede_options){.poller = "virtual"}, amain, NULL) < 0;
}

/* Prints:
 * main: join
 * shop: queue get
 * night: sleep
 * inspector: runs
 */
