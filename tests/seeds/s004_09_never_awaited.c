/* SPDX-License-Identifier: MIT
 *
 * S004-9 - what nobody awaits: a coroutine that was made and never run has run
 * nothing, and is reported; a task runs by itself, and its failure is reported
 * when nobody has asked for it.
 *
 * A coroutine object is a generator here, made in a debug run, which says at
 * its end what was not closed.
 */
#include "seed.h"

#include <stdio.h>
#include <string.h>

static seed_log ran;

/* ---- reports ----------------------------------------------------------- */

static struct report {
    int err;
    char what[200];
} reports[8];
static size_t reports_n;

static void listen(void *ctx, const char *what, const char *task, int err,
                   const char *message)
{
    (void)ctx, (void)task, (void)message;
    if (reports_n == sizeof reports / sizeof reports[0])
        return;
    struct report *r = &reports[reports_n++];
    r->err = err;
    snprintf(r->what, sizeof r->what, "%s", what);
}

/* ---- a coroutine ------------------------------------------------------- */

static int f(cede_gen *self, void *arg)
{
    (void)self, (void)arg;
    seed_log_add(&ran, seed_int(1));
    return 0;
}

static int makes(void *made)
{
    *(cede_gen **)made = cede_gen_new(f, NULL, 0, 0);
    return 0;
}

/* The report names it, and says that it was never begun. */
static void print_report(const struct report *r)
{
    char name[40];
    int end = 0;
    sscanf(r->what, "generator %39s CREATED%n", name, &end);
    seed_exception e = seed_translate(SEED_REPORT, r->err);
    if (end > 0)
        printf("%s coroutine '%s' %s\n", e.name, name, e.text);
}

static void never_awaited(void)
{
    cede_gen *made;
    cede_run_with(&(cede_options){.debug = true}, makes, &made);
    printf("ran: ");
    seed_log_print(&ran);
    printf(" | ");
    for (size_t i = 0; i < reports_n; i++)
        print_report(&reports[i]);
    cede_gen_close(made);
    reports_n = 0;
}

/* ---- tasks ------------------------------------------------------------- */

static int f_task(void *arg)
{
    return f(NULL, arg);
}

static int boom(void *arg)
{
    (void)arg;
    return SEED_VALUE_ERROR;
}

static int tasks(void *arg)
{
    CEDE_TRY(cede_go(NULL, f_task, arg));
    cede_future *t = cede_spawn(NULL, boom, arg);
    CEDE_TRY(cede_sleep(10 * CEDE_MS));
    seed_log_print(&ran);
    putchar('\n');
    cede_future_free(t);

    seed_log texts = {0};
    for (size_t i = 0; i < reports_n; i++)
        seed_log_add(
            &texts,
            seed_text(seed_translate(SEED_REPORT, reports[i].err).text));
    seed_log_print(&texts);
    putchar('\n');
    seed_log_free(&texts);
    return 0;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "--clock virtual|real RESULT");
    cede_set_failure_hook(listen, NULL);
    never_awaited();
    if (cede_run(f_task, NULL) == 0)
        printf("%s ", argv[3]);
    seed_log_print(&ran);
    putchar('\n');
    int rc = seed_run(argv, tasks, NULL);
    seed_log_free(&ran);
    return rc < 0;
}
