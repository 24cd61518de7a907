/* SPDX-License-Identifier: MIT
 *
 * seed.h - what the sample programs share: parameters, values, errors.
 *
 * The samples were written in Python first, and each program prints what its
 * Python original printed, byte for byte.  Three things make that possible
 * without a single expected line in a program:
 *
 * - seed_value is a value whose type is known at run time, read from the
 *   command line and printed as Python prints it;
 * - tables translate the codes cede really answered into the names Python has
 *   for them (seed_errors.c); a code that is in none is printed as the
 *   number it is, and the comparison fails;
 * - everything else comes out of generators fed with the parameters.
 *
 * A missing or malformed parameter ends the program with its usage and status
 * 2: there are no defaults.
 */
#ifndef SEED_H
#define SEED_H

#include <cede.h>

/* ---- values ---------------------------------------------------------- */

enum seed_kind {
    SEED_NONE,
    SEED_INT,
    SEED_FLOAT,
    SEED_TEXT,
    SEED_LIST,
    SEED_TUPLE
};

/* Borrows its text and its items. */
typedef struct seed_value {
    enum seed_kind kind;
    size_t n; /* items of a list or tuple */
    union {
        long integer;
        double real;
        const char *text;
        const struct seed_value *items;
    } as;
} seed_value;

seed_value seed_none(void);
seed_value seed_int(long integer);
seed_value seed_float(double real);
seed_value seed_text(const char *text);
seed_value seed_list(const seed_value *items, size_t n);
seed_value seed_tuple(const seed_value *items, size_t n);

/* Python's name of the value's type. */
const char *seed_type(seed_value v);

/* Write v as print() does, and as repr() does. */
void seed_print(seed_value v);
void seed_repr(seed_value v);

/* "True" or "False". */
const char *seed_bool(bool yes);

/* A list that grows; {0} is the empty one.  Owns its array, not what the
 * values borrow. */
typedef struct seed_log {
    seed_value *items;
    size_t n, capacity;
} seed_log;

void seed_log_add(seed_log *log, seed_value v);
void seed_log_print(const seed_log *log);
void seed_log_free(seed_log *log);

/* ---- parameters ------------------------------------------------------ */

/* Remember the usage, and end the program with it unless argc - 1 parameters
 * are at least `least`. */
void seed_begin(int argc, char **argv, int least, const char *usage);

/* Say what is wrong with a parameter, and end the program. */
void seed_refuse(const char *what, const char *arg) __attribute__((noreturn));

/* "None", 34, 1.5, [1,2], (1,2), and anything else is a text.  Lists do not
 * nest.  The value lives as long as the program. */
seed_value seed_parse(const char *arg);

long seed_long(const char *arg);
double seed_double(const char *arg);

/* Lists, written with commas; *n is their length.  They live as long as the
 * program. */
const long *seed_longs(const char *arg, size_t *n);
const double *seed_doubles(const char *arg, size_t *n);
const char *const *seed_texts(const char *arg, size_t *n);

/* Seconds (>= 0) as the library's time, to the nearest nanosecond, and back. */
cede_time seed_time(double seconds);
double seed_seconds(cede_time time);

/* Run fn(arg) on the clock that "--clock virtual" or "--clock real" at the
 * beginning of argv names; fn finds its parameters from argv[3] on. */
int seed_run(char **argv, cede_fn *fn, void *arg);

/* ---- errors ---------------------------------------------------------- */

/* What the samples fail with, each with its own message (cede_fail). */
enum seed_error {
    SEED_VALUE_ERROR = -EDOM,
    SEED_KEY_ERROR = -ENOENT,
    SEED_ZERO_DIVISION = -ERANGE,
    SEED_OS_ERROR = -EIO,
    SEED_DEMO_EXCEPTION = -EBADMSG,
    SEED_X = -EXDEV
};

/* Which call answered: the same code means different things from different
 * calls. */
enum seed_call {
    SEED_NEXT,
    SEED_SEND,
    SEED_SEND_TO_LIST, /* through a delegation */
    SEED_THROW,
    SEED_STOP,
    SEED_PASS,
    SEED_WITH,
    SEED_RUN,
    SEED_OUTSIDE, /* of any task */
    SEED_ANEXT,   /* of a generator that waits */
    SEED_ASEND,
    SEED_AWAIT,
    SEED_SUBMIT,
    SEED_REPORT /* what the failure hook was told */
};

/* An answer < 0 in Python's words. */
typedef struct seed_exception {
    const char *name;
    const char *text; /* "" for none */
} seed_exception;

/* The translation of rc, answered by call just now: the text may be that of
 * cede_message(). */
seed_exception seed_translate(enum seed_call call, int rc);

/* Write "Name: text\n" and "Name('text')". */
void seed_print_error(enum seed_call call, int rc);
void seed_repr_error(enum seed_call call, int rc);

/* Python's name of g's state: "GEN_CREATED" and so on. */
const char *seed_state(const cede_gen *g);

/* The first word of cede_gen_describe: what kind of thing g is. */
const char *seed_gen_type(const cede_gen *g);

/* Step g with next (in NULL) or send, its items being seed_values: *out is
 * None when nothing was handed out. */
int seed_step(cede_gen *g, const seed_value *in, seed_value *out);

/* Python hands a generator's result over once, with the step that ended it;
 * cede keeps it readable.  Steps g, and says in *now whether this step is the
 * one that ended it. */
int seed_last_step(cede_gen *g, const seed_value *in, seed_value *out,
                   bool *now);

#endif
