/* SPDX-License-Identifier: MIT
 *
 * S001-11 - errors thrown into a generator.
 *
 * The pending yield answers the error.  Handled: the body goes on, and throw
 * returns what it yields next.  Not handled: it comes out again, and the
 * generator is closed.  Thrown into a generator that is closed or has not
 * started, the error comes straight back and the body is not entered.
 */
#include "seed.h"

#include <stdio.h>

static int demo(cede_gen *self, void *arg)
{
    (void)arg;
    puts("started");
    for (;;) {
        seed_value x;
        int rc = cede_receive(self, &x);
        if (rc == SEED_DEMO_EXCEPTION) {
            puts("demo exception handled. continuing ...");
            continue;
        }
        if (rc < 0)
            return rc;
        printf("coroutine recevied value of ");
        seed_print(x);
        putchar('\n');
    }
}

/* The result it gives when it handles the error, and where it goes. */
struct handler {
    seed_value gives;
    seed_value result;
};

static int returns_when_thrown_at(cede_gen *self, void *arg)
{
    struct handler *h = arg;
    int rc = cede_yield(self, NULL);
    if (rc != SEED_KEY_ERROR)
        return rc;
    h->result = h->gives;
    return 0;
}

static cede_gen *make(cede_gen_fn *body, void *arg)
{
    return cede_gen_new(body, arg, sizeof(seed_value), sizeof(seed_value));
}

/* throw(err): what came out; None when nothing was handed out. */
static int throw(cede_gen * g, int err, seed_value *out)
{
    *out = seed_none();
    return cede_throw(g, err, out);
}

static void send_all(cede_gen *g, const char *arg)
{
    size_t n;
    const char *const *text = seed_texts(arg, &n);
    for (size_t i = 0; i < n; i++) {
        seed_value x = seed_parse(text[i]);
        cede_send(g, &x, NULL);
    }
}

static void throw_at_a_running_conversation(char **argv)
{
    seed_value v;
    cede_gen *coro = make(demo, NULL);
    cede_next(coro, NULL);
    send_all(coro, argv[1]);
    if (throw(coro, SEED_DEMO_EXCEPTION, &v) > 0) {
        printf("throw returned ");
        seed_print(v);
        putchar('\n');
    }
    send_all(coro, argv[2]);
    int rc = throw(coro, cede_fail(SEED_ZERO_DIVISION, "%s", argv[3]), &v);
    if (rc == SEED_ZERO_DIVISION)
        printf("propagated: %s %s\n", cede_message(), seed_state(coro));
    if (throw(coro, SEED_DEMO_EXCEPTION, &v) == SEED_DEMO_EXCEPTION)
        puts("throw on a closed generator re-raises at once");
    cede_gen_close(coro);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 4, "SENT SENT_AFTER_THROW ERROR RESULT");
    throw_at_a_running_conversation(argv);

    seed_value v;
    cede_gen *fresh = make(demo, NULL);
    if (throw(fresh, SEED_DEMO_EXCEPTION, &v) == SEED_DEMO_EXCEPTION)
        printf("throw on an unstarted generator: body not entered, %s\n",
               seed_state(fresh));
    cede_gen_close(fresh);

    struct handler h = {seed_parse(argv[4]), seed_none()};
    cede_gen *r = make(returns_when_thrown_at, &h);
    cede_next(r, NULL);
    if (throw(r, SEED_KEY_ERROR, &v) == 0) {
        printf("StopIteration ");
        seed_print(h.result);
        putchar('\n');
    }
    cede_gen_close(r);
    return 0;
}
