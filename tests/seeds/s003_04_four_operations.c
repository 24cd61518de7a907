/* SPDX-License-Identifier: MIT
 *
 * S003-4 - the four operations: next, send, throw, close.
 *
 * The article says that next is the only one a fresh generator takes.  Sending
 * nothing, throwing and closing are legal too; only a value is refused.
 */
#include "seed.h"

#include <stdio.h>

/* The first value handed out. */
struct four {
    seed_value first;
};

static int conversation(cede_gen *self, const struct four *four)
{
    seed_value got = seed_none();
    CEDE_TRY(cede_exchange(self, &four->first, &got));
    seed_value pair[] = {seed_text("echo"), got};
    seed_value answer = seed_tuple(pair, 2);
    return cede_yield(self, &answer);
}

static int f(cede_gen *self, void *arg)
{
    int rc = conversation(self, arg);
    if (rc == SEED_VALUE_ERROR) {
        char text[80];
        snprintf(text, sizeof text, "%s", cede_message());
        seed_value pair[] = {seed_text("handled"), seed_text(text)};
        seed_value answer = seed_tuple(pair, 2);
        return cede_yield(self, &answer);
    }
    if (rc == CEDE_EXIT)
        puts("GeneratorExit delivered at the yield");
    return rc;
}

static cede_gen *make(struct four *four)
{
    return cede_gen_new(f, four, sizeof(seed_value), sizeof(seed_value));
}

static void next_and_send(struct four *four, seed_value sent)
{
    seed_value v;
    cede_gen *g = make(four);
    if (seed_step(g, NULL, &v) > 0)
        seed_print(v);
    putchar(' ');
    if (seed_step(g, &sent, &v) > 0)
        seed_print(v);
    putchar('\n');
    cede_gen_close(g);
}

static void next_and_throw(struct four *four, const char *error)
{
    seed_value v;
    cede_gen *g = make(four);
    if (seed_step(g, NULL, &v) > 0)
        seed_print(v);
    putchar(' ');
    if (cede_throw(g, cede_fail(SEED_VALUE_ERROR, "%s", error), &v) > 0)
        seed_print(v);
    putchar('\n');
    if (cede_next(g, NULL) == 0)
        puts("StopIteration");
    cede_gen_close(g);
}

static void send_first(struct four *four, seed_value sent)
{
    seed_value v;
    cede_gen *g = make(four);
    int rc = seed_step(g, &sent, &v);
    if (rc < 0)
        seed_print_error(SEED_SEND, rc);
    if (seed_step(g, NULL, &v) > 0)
        seed_print(v);
    putchar('\n');
    cede_gen_close(g);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "FIRST SENT ERROR");
    struct four four = {seed_parse(argv[1])};
    seed_value sent = seed_parse(argv[2]);
    next_and_send(&four, sent);
    next_and_throw(&four, argv[3]);
    send_first(&four, sent);

    cede_gen *g = make(&four);
    cede_gen_stop(g);
    if (cede_gen_state(g) == CEDE_CLOSED)
        puts("closed fresh");
    cede_gen_close(g);
    return 0;
}
