/* SPDX-License-Identifier: MIT
 *
 * S001-12 and S001-15 - sleeping coroutines in a hand-made loop: one thread,
 * several things making progress, the whole as long as the longest.
 *
 * Each coroutine only looks at the clock and yields "Not finished sleeping";
 * the loop goes round and asks all that have not finished.  Instead of going
 * round as fast as it can, the loop sleeps for a tick after every round, which
 * is what lets the virtual clock move.
 *
 * Lines that repeat are printed once, in the order of their first appearance,
 * with a mark that there were many.
 */
#include "seed.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 8, LINES = 64 };

/* ---- output, folded -------------------------------------------------- */

static struct {
    char text[160];
    long count;
} line[LINES];
static size_t lines_n;

static void __attribute__((format(printf, 1, 2))) out(const char *format, ...)
{
    char text[sizeof line[0].text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t i = 0;
    while (i < lines_n && strcmp(line[i].text, text) != 0)
        i++;
    if (i == LINES)
        return;
    if (i == lines_n)
        strcpy(line[lines_n++].text, text);
    line[i].count++;
}

static void print_lines(void)
{
    for (size_t i = 0; i < lines_n; i++)
        printf("%s %s\n", line[i].text, line[i].count == 1 ? "" : "  [x many]");
}

/* ---- the coroutines -------------------------------------------------- */

struct sleeper {
    int number;
    cede_time length;
    long messages; /* received */
    char result[40];
    cede_gen *coro; /* NULL: finished */
};

static int sleeper(cede_gen *self, void *arg)
{
    struct sleeper *s = arg;
    cede_time start = cede_clock();
    while (cede_clock() - start < s->length) {
        const char *answer = "Not finished sleeping", *message;
        CEDE_TRY(cede_exchange(self, &answer, &message));
        out("Coroutine %d received message: %s", s->number, message);
        s->messages++;
    }
    out("Coroutine %d finished sleeping", s->number);
    snprintf(s->result, sizeof s->result, "Done in %.2fs",
             seed_seconds(cede_clock() - start));
    return 0;
}

/* ---- the loop -------------------------------------------------------- */

struct night {
    struct sleeper sleeper[MOST];
    int n;
    cede_time tick;
    const struct sleeper *finished[MOST]; /* in this order */
    int finished_n;
};

static int begin(struct night *night)
{
    for (int i = 0; i < night->n; i++) {
        struct sleeper *s = &night->sleeper[i];
        s->coro = cede_gen_new(sleeper, s, sizeof(const char *),
                               sizeof(const char *));
        CEDE_TRY(cede_next(s->coro, NULL));
    }
    return 0;
}

/* Ask one that has not finished. */
static int ask(struct night *night, struct sleeper *s)
{
    char text[40];
    const char *message = text, *answer;
    snprintf(text, sizeof text, "Are you awake coro%d?", s->number);
    int rc = cede_send(s->coro, &message, &answer);
    if (rc > 0)
        out("%s", answer);
    if (rc != 0)
        return rc;
    night->finished[night->finished_n++] = s;
    cede_gen_close(s->coro);
    s->coro = NULL;
    return 0;
}

static int run_loop(void *arg)
{
    struct night *night = arg;
    out("Starting main loop...");
    cede_time start = cede_clock();
    CEDE_TRY(begin(night));
    while (night->finished_n < night->n) {
        for (int i = 0; i < night->n; i++)
            if (night->sleeper[i].coro)
                CEDE_TRY(ask(night, &night->sleeper[i]));
        if (night->finished_n < night->n)
            CEDE_TRY(cede_sleep(night->tick));
    }
    out("Completed.");
    out("Main loop finished in %.2fs", seed_seconds(cede_clock() - start));
    return 0;
}

static void print_results(const struct night *night)
{
    char text[sizeof line[0].text] = "";
    for (int i = 0; i < night->finished_n; i++) {
        size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "%s'%s'", i > 0 ? ", " : "",
                 night->finished[i]->result);
    }
    out("results [%s]", text);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 4, "--clock virtual|real TICK SECONDS...");
    struct night night = {.n = argc - 4,
                          .tick = seed_time(seed_double(argv[3]))};
    if (night.n < 1 || night.n > MOST)
        seed_refuse("1 to 8 sleepers", argv[argc - 1]);
    for (int i = 0; i < night.n; i++) {
        night.sleeper[i].number = i + 1;
        night.sleeper[i].length = seed_time(seed_double(argv[4 + i]));
    }
    if (seed_run(argv, run_loop, &night) < 0)
        return 1;

    print_results(&night);
    print_lines();
    const struct sleeper *first = &night.sleeper[0],
                         *last = &night.sleeper[night.n - 1];
    printf("coro%d got more messages than coro%d (it lived %gs longer): %s\n",
           last->number, first->number,
           seed_seconds(last->length - first->length),
           seed_bool(last->messages > first->messages));
    return 0;
}
