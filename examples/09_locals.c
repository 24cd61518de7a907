/* SPDX-License-Identifier: MIT
 *
 * 09_locals.c - a value that goes with a task and all that it starts: here the
 * request that is being served, which no function in between has to pass on.
 */
#include <cede.h>
#include <stdio.h>

static cede_local request = CEDE_LOCAL("request", "-");

static void log_line(const char *text) /* called from anywhere */
{
    printf("[%s] %s\n", (char *)cede_local_get(&request), text);
}

static int ask_database(void *unused)
{
    (void)unused;
    CEDE_TRY(cede_sleep(CEDE_SEC));
    log_line("rows are there");
    return 0;
}

static int serve(void *name)
{
    CEDE_TRY(cede_local_set(&request, name)); /* for this task, */
    CEDE_GROUP(parts);
    cede_go(&parts, ask_database, NULL); /* and for what it starts */
    log_line("waits");
    return cede_join(&parts);
}

static int amain(void *unused)
{
    (void)unused;
    CEDE_GROUP(requests);
    cede_go(&requests, serve, "17");
    cede_go(&requests, serve, "18");
    CEDE_TRY(cede_join(&requests));
    log_line("all served"); /* what the children set is theirs */
    return 0;
}

int main(void)
{
    return cede_run_with(&(cede_options){.poller = "virtual"}, amain, NULL) < 0;
}

/* Prints:
 * [17] waits
 * [18] waits
 * [17] rows are there
 * [18] rows are there
 * [-] all served
 */
