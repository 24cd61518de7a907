/* SPDX-License-Identifier: MIT
 *
 * S001-13 - the truth table: every operation in every state.
 *
 * Five operations on a generator that was just made, that is suspended, that
 * is closed because it returned, was stopped or failed; and from inside one
 * that is running.  Each row says what the operation answered, in which state
 * it left the generator, and what the body noticed.
 */
#include "seed.h"

#include <stdio.h>
#include <string.h>

/* The body's parameters, and what it noticed. */
struct life {
    seed_value first, second, sent, result;
    seed_value noticed[2]; /* ('v', the value received) */
    seed_log log;
};

static int live(cede_gen *self, struct life *life)
{
    life->noticed[0] = seed_text("v");
    life->noticed[1] = seed_none();
    CEDE_TRY(cede_exchange(self, &life->first, &life->noticed[1]));
    seed_log_add(&life->log, seed_tuple(life->noticed, 2));
    CEDE_TRY(cede_yield(self, &life->second));
    return 0;
}

static int body(cede_gen *self, void *arg)
{
    struct life *life = arg;
    seed_log_add(&life->log, seed_text("enter"));
    int rc = live(self, life);
    if (rc == CEDE_EXIT)
        seed_log_add(&life->log, seed_text("GE"));
    seed_log_add(&life->log, seed_text("fin"));
    return rc;
}

/* ---- the operations -------------------------------------------------- */

enum { OPERATIONS = 5 };

static const struct operation {
    const char *name; /* %s: the value sent */
    enum seed_call call;
} operation[OPERATIONS] = {{"next", SEED_NEXT},
                           {"send(None)", SEED_NEXT},
                           {"send(%s)", SEED_SEND},
                           {"throw(X)", SEED_THROW},
                           {"close", SEED_STOP}};

static int operate(int i, cede_gen *g, const seed_value *sent, seed_value *out)
{
    *out = seed_none();
    switch (i) {
    case 0:
        return cede_next(g, out);
    case 1:
        return cede_send(g, NULL, out);
    case 2:
        return cede_send(g, sent, out);
    case 3:
        return cede_throw(g, cede_fail(SEED_X, "%s", ""), out);
    default:
        return cede_gen_stop(g);
    }
}

/* An error as its name and its arguments, with the comma of a tuple of one. */
static int describe_error(char *text, size_t size, enum seed_call call, int rc)
{
    seed_exception e = seed_translate(call, rc);
    if (*e.text == '\0')
        return snprintf(text, size, "%s()", e.name);
    char quote = strchr(e.text, '\'') ? '"' : '\'';
    return snprintf(text, size, "%s(%c%s%c,)", e.name, quote, e.text, quote);
}

static void describe_outcome(char *text, size_t size, int i, int rc,
                             seed_value v)
{
    int n =
        snprintf(text, size, "%s ", rc < 0 || (rc == 0 && i < 4) ? "!!" : "->");
    text += n;
    size -= (size_t)n;
    if (rc < 0)
        describe_error(text, size, operation[i].call, rc);
    else if (rc == 0 && i < 4)
        snprintf(text, size, "StopIteration()");
    else if (v.kind == SEED_TEXT)
        snprintf(text, size, "'%s'", v.as.text);
    else
        snprintf(text, size, "None");
}

/* The name of the i-th operation, padded. */
static void print_operation(const char *state, int i, const char *sent)
{
    char name[32];
    snprintf(name, sizeof name, operation[i].name, sent);
    printf("%-16s %-11s ", state, name);
}

/* ---- the states ------------------------------------------------------ */

enum { CREATED, SUSPENDED, RETURNED, STOPPED, FAILED, STATES };

static const char *const state_name[STATES] = {
    "CREATED", "SUSPENDED", "CLOSED-returned", "CLOSED-closed",
    "CLOSED-raised"};

static cede_gen *make(int state, struct life *life)
{
    cede_gen *g =
        cede_gen_new(body, life, sizeof(seed_value), sizeof(seed_value));
    if (state != CREATED)
        cede_next(g, NULL);
    if (state == RETURNED)
        while (cede_next(g, NULL) > 0)
            ;
    if (state == STOPPED)
        cede_gen_stop(g);
    if (state == FAILED)
        cede_throw(g, SEED_X, NULL);
    life->log.n = 0;
    return g;
}

static void print_row(int state, int i, struct life *life, const char *sent)
{
    seed_value v;
    char outcome[160];
    cede_gen *g = make(state, life);
    int rc = operate(i, g, &life->sent, &v);
    print_operation(state_name[state], i, sent);
    describe_outcome(outcome, sizeof outcome, i, rc, v);
    printf("%-72s then %-9s log=", outcome, seed_state(g) + strlen("GEN_"));
    seed_log_print(&life->log);
    putchar('\n');
    cede_gen_close(g);
}

/* ---- running --------------------------------------------------------- */

struct selfish {
    seed_value sent;
    const char *sent_text;
};

/* Tries everything on itself, then hands out the state it sees. */
static int selfish(cede_gen *self, void *arg)
{
    struct selfish *s = arg;
    for (int i = 0; i < OPERATIONS; i++) {
        seed_value v;
        char outcome[160];
        int rc = operate(i, self, &s->sent, &v);
        print_operation("RUNNING", i, s->sent_text);
        describe_outcome(outcome, sizeof outcome, i, rc, v);
        puts(outcome);
    }
    const char *state = seed_state(self);
    return cede_yield(self, &state);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "FIRST SECOND SENT");
    struct life life = {.first = seed_text(argv[1]),
                        .second = seed_text(argv[2]),
                        .sent = seed_parse(argv[3])};
    for (int state = CREATED; state < STATES; state++)
        for (int i = 0; i < OPERATIONS; i++)
            print_row(state, i, &life, argv[3]);
    seed_log_free(&life.log);

    struct selfish s = {seed_parse(argv[3]), argv[3]};
    const char *state = "";
    cede_gen *me = cede_gen_new(selfish, &s, sizeof state, sizeof(seed_value));
    cede_next(me, &state);
    printf("%s %s\n", state + strlen("GEN_"), seed_state(me) + strlen("GEN_"));
    return cede_gen_close(me) < 0;
}
