/* SPDX-License-Identifier: MIT
 *
 * S002-13 - delegation is transparent: what is sent and thrown reaches the
 * inner generator, its result and its errors come back to the outer one, and
 * closing ends the inner one first.  An iterator receives nothing.
 */
#include "seed.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 16 };

struct program {
    const char *stop;   /* the word that ends the inner one */
    const char *result; /* what it returns then */
    const char *waiting, *error;
    seed_value list;
    seed_log log;
    seed_value pairs[MOST][2]; /* what the log borrows */
};

static void log_text(struct program *p, const char *text)
{
    seed_log_add(&p->log, seed_text(text));
}

static void log_pair(struct program *p, const char *text, seed_value v)
{
    seed_value *pair = p->pairs[p->log.n % MOST];
    pair[0] = seed_text(text);
    pair[1] = v;
    seed_log_add(&p->log, seed_tuple(pair, 2));
}

/* ---- the generators -------------------------------------------------- */

static cede_gen *make(cede_gen_fn *body, const char *name, struct program *p)
{
    return cede_gen_new_with(&(cede_gen_options){.name = name}, body, p,
                             sizeof(seed_value), sizeof(seed_value));
}

static bool is_text(seed_value v, const char *text)
{
    return v.kind == SEED_TEXT && strcmp(v.as.text, text) == 0;
}

/* Until it is sent the word that ends it; a KeyError does not. */
static int converse(cede_gen *self, struct program *p)
{
    for (;;) {
        char text[32];
        snprintf(text, sizeof text, "inner(%zu)", p->log.n);
        seed_value v = seed_text(text), x = seed_none();
        int rc = cede_exchange(self, &v, &x);
        if (rc == SEED_KEY_ERROR) {
            log_text(p, "inner KeyError");
            continue;
        }
        CEDE_TRY(rc);
        log_pair(p, "inner got", x);
        if (is_text(x, p->stop))
            return 0;
    }
}

static int inner(cede_gen *self, void *arg)
{
    int rc = converse(self, arg);
    log_text(arg, "inner finally");
    return rc;
}

static int outer(cede_gen *self, void *arg)
{
    struct program *p = arg;
    int rc = cede_yield_from(self, make(inner, "inner", p));
    if (rc >= 0) {
        log_pair(p, "outer got", seed_text(p->result));
        rc = cede_yield(self, &(seed_value[]){seed_text("outer continues")});
    }
    log_text(p, "outer finally");
    return rc;
}

static int failing(cede_gen *self, void *arg)
{
    const struct program *p = arg;
    CEDE_TRY(cede_yield(self, &(seed_value[]){seed_text(p->waiting)}));
    return cede_fail(SEED_OS_ERROR, "%s", p->error);
}

static int outer2(cede_gen *self, void *arg)
{
    int rc = cede_yield_from(self, make(failing, "failing", arg));
    if (rc != SEED_OS_ERROR)
        return rc;
    char text[120];
    snprintf(text, sizeof text, "caught %s", cede_message());
    return cede_yield(self, &(seed_value[]){seed_text(text)});
}

static int over_list(cede_gen *self, void *arg)
{
    const struct program *p = arg;
    return cede_yield_iter(self,
                           cede_iter_new(cede_array(p->list.as.items, p->list.n,
                                                    sizeof(seed_value))));
}

/* Delegates to one that was started already. */
static int both(cede_gen *self, void *arg)
{
    cede_gen *it = make(inner, "inner", arg);
    cede_next(it, NULL);
    return cede_yield_from(self, it);
}

static int a(cede_gen *self, void *arg)
{
    (void)arg;
    return cede_yield_from(self, self);
}

/* ---- their consumer -------------------------------------------------- */

static void print_value(seed_value v, char end)
{
    seed_print(v);
    putchar(end);
}

static void print_next(cede_gen *g, char end)
{
    seed_value v;
    if (seed_step(g, NULL, &v) > 0)
        print_value(v, end);
}

static void print_log(struct program *p)
{
    seed_log_print(&p->log);
    putchar('\n');
    p->log.n = 0;
}

static cede_gen *started(cede_gen_fn *body, const char *name, struct program *p)
{
    cede_gen *g = make(body, name, p);
    cede_next(g, NULL);
    return g;
}

static void send_and_throw(struct program *p, seed_value first)
{
    seed_value v, stop = seed_text(p->stop);
    cede_gen *g = started(outer, "outer", p);
    cede_send(g, &first, NULL);
    if (cede_throw(g, cede_fail(SEED_KEY_ERROR, "%s", ""), &v) > 0)
        print_value(v, '\n');
    if (seed_step(g, &stop, &v) > 0)
        print_value(v, '\n');
    print_log(p);
    cede_gen_close(g);
    p->log.n = 0;
}

static void end_early(struct program *p, const char *error)
{
    cede_gen_close(started(outer, "outer", p));
    print_log(p);

    cede_gen *g = started(outer, "outer", p);
    int rc = cede_throw(g, cede_fail(SEED_VALUE_ERROR, "%s", error), NULL);
    seed_repr_error(SEED_THROW, rc);
    putchar(' ');
    seed_log_print(&p->log); /* which goes on, as the original's does */
    putchar('\n');
    cede_gen_close(g);
}

static void send_to_list(struct program *p, seed_value sent)
{
    cede_gen *g = started(over_list, "over_list", p);
    int rc = cede_send(g, &sent, NULL);
    if (rc < 0)
        seed_print_error(SEED_SEND_TO_LIST, rc);
    cede_gen_close(g);

    g = make(over_list, "over_list", p);
    print_next(g, ' ');
    print_next(g, '\n');
    cede_gen_close(g);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 8,
               "FIRST STOP RESULT VALUE_ERROR WAITING OS_ERROR [LIST] SENT");
    struct program p = {.stop = argv[2],
                        .result = argv[3],
                        .waiting = argv[5],
                        .error = argv[6],
                        .list = seed_parse(argv[7])};
    if (p.list.kind != SEED_LIST)
        seed_refuse("not a list", argv[7]);
    send_and_throw(&p, seed_parse(argv[1]));
    end_early(&p, argv[4]);

    cede_gen *g = make(outer2, "outer2", &p);
    print_next(g, ' ');
    print_next(g, '\n');
    cede_gen_close(g);

    send_to_list(&p, seed_parse(argv[8]));

    g = make(both, "both", &p);
    print_next(g, '\n');
    cede_gen_close(g);

    g = started(outer, "outer", &p);
    printf("%s %s\n", seed_state(g), cede_gen_name(cede_gen_delegate(g)));
    cede_gen_close(g);

    g = make(a, "a", &p);
    seed_print_error(SEED_NEXT, cede_next(g, NULL));
    cede_gen_close(g);
    seed_log_free(&p.log);
    return 0;
}
