/* SPDX-License-Identifier: MIT
 *
 * seed.c - parameters and values of the sample programs; see seed.h.
 *
 * Memory that parameters need is chained and lives as long as the program:
 * it stays reachable, so leak checkers only see what a sample really leaks.
 */
#include "seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory of parameters -------------------------------------------- */

struct block {
    struct block *next;
    max_align_t bytes[];
};

static struct block *blocks;

static void __attribute__((noreturn)) out_of_memory(void)
{
    fputs("out of memory\n", stderr);
    exit(1);
}

static void *keep(size_t size)
{
    struct block *b = malloc(sizeof *b + size);
    if (!b)
        out_of_memory();
    b->next = blocks;
    blocks = b;
    return b->bytes;
}

static char *keep_text(const char *text, size_t n)
{
    char *copy = keep(n + 1);
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

/* ---- values ---------------------------------------------------------- */

seed_value seed_none(void)
{
    return (seed_value){.kind = SEED_NONE};
}

seed_value seed_int(long integer)
{
    return (seed_value){.kind = SEED_INT, .as.integer = integer};
}

seed_value seed_float(double real)
{
    return (seed_value){.kind = SEED_FLOAT, .as.real = real};
}

seed_value seed_text(const char *text)
{
    return (seed_value){.kind = SEED_TEXT, .as.text = text};
}

seed_value seed_list(const seed_value *items, size_t n)
{
    return (seed_value){.kind = SEED_LIST, .n = n, .as.items = items};
}

seed_value seed_tuple(const seed_value *items, size_t n)
{
    return (seed_value){.kind = SEED_TUPLE, .n = n, .as.items = items};
}

const char *seed_type(seed_value v)
{
    static const char *const names[] = {"NoneType", "int",  "float",
                                        "str",      "list", "tuple"};
    return names[v.kind];
}

/* The shortest digits that read back as the same number, and always a sign
 * that it is no integer. */
static void print_double(double real)
{
    char digits[40];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, real);
        if (strtod(digits, NULL) == real)
            break;
    }
    /* %g turns to powers of ten earlier than Python does. */
    double size = real < 0 ? -real : real;
    if (size >= 10 && size < 1e16 && strchr(digits, 'e'))
        snprintf(digits, sizeof digits, "%.0f", real);
    printf("%s%s", digits, strpbrk(digits, ".en") ? "" : ".0");
}

/* A text in the quotes that need no escaping, as far as there are such. */
static void print_quoted(const char *text)
{
    char quote = strchr(text, '\'') && !strchr(text, '"') ? '"' : '\'';
    putchar(quote);
    for (const char *c = text; *c; c++) {
        if (*c == '\n')
            fputs("\\n", stdout);
        else if (*c == quote || *c == '\\')
            printf("\\%c", *c);
        else
            putchar(*c);
    }
    putchar(quote);
}

static void print_items(seed_value v, const char *brackets)
{
    putchar(brackets[0]);
    for (size_t i = 0; i < v.n; i++) {
        if (i > 0)
            fputs(", ", stdout);
        seed_repr(v.as.items[i]);
    }
    if (v.kind == SEED_TUPLE && v.n == 1)
        putchar(',');
    putchar(brackets[1]);
}

void seed_repr(seed_value v)
{
    switch (v.kind) {
    case SEED_NONE:
        fputs("None", stdout);
        break;
    case SEED_INT:
        printf("%ld", v.as.integer);
        break;
    case SEED_FLOAT:
        print_double(v.as.real);
        break;
    case SEED_TEXT:
        print_quoted(v.as.text);
        break;
    case SEED_LIST:
        print_items(v, "[]");
        break;
    case SEED_TUPLE:
        print_items(v, "()");
        break;
    }
}

void seed_print(seed_value v)
{
    if (v.kind == SEED_TEXT)
        fputs(v.as.text, stdout);
    else
        seed_repr(v);
}

const char *seed_bool(bool yes)
{
    return yes ? "True" : "False";
}

void seed_log_add(seed_log *log, seed_value v)
{
    if (log->n == log->capacity) {
        size_t capacity = log->capacity ? log->capacity * 2 : 8;
        seed_value *items = realloc(log->items, capacity * sizeof *items);
        if (!items)
            out_of_memory();
        log->items = items;
        log->capacity = capacity;
    }
    log->items[log->n++] = v;
}

void seed_log_print(const seed_log *log)
{
    seed_repr(seed_list(log->items, log->n));
}

void seed_log_free(seed_log *log)
{
    free(log->items);
    *log = (seed_log){0};
}

/* ---- parameters ------------------------------------------------------ */

static const char *program = "", *program_usage = "";

static void __attribute__((noreturn)) usage(void)
{
    fprintf(stderr, "usage: %s %s\n", program, program_usage);
    exit(2);
}

void seed_begin(int argc, char **argv, int least, const char *text)
{
    program = argv[0];
    program_usage = text;
    if (argc - 1 < least)
        usage();
}

void seed_refuse(const char *what, const char *arg)
{
    fprintf(stderr, "%s: %s: '%s'\n", program, what, arg);
    usage();
}

static bool read_long(const char *text, long *out)
{
    char *end;
    *out = strtol(text, &end, 10);
    return end != text && *end == '\0';
}

static bool read_double(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    /* Infinity and no-number have no difference to themselves of 0. */
    return end != text && *end == '\0' && *out - *out == 0;
}

long seed_long(const char *arg)
{
    long value;
    if (!read_long(arg, &value))
        seed_refuse("not an integer", arg);
    return value;
}

double seed_double(const char *arg)
{
    double value;
    if (!read_double(arg, &value))
        seed_refuse("not a number", arg);
    return value;
}

/* Cut size bytes at the commas; no bytes are no texts. */
static const char *const *split(const char *text, size_t size, size_t *n)
{
    *n = size > 0;
    for (size_t i = 0; i < size; i++)
        *n += text[i] == ',';
    const char **parts = keep((*n + 1) * sizeof *parts);
    const char *from = text, *end = text + size;
    for (size_t i = 0; i < *n; i++) {
        const char *comma = memchr(from, ',', (size_t)(end - from));
        const char *to = comma ? comma : end;
        parts[i] = keep_text(from, (size_t)(to - from));
        from = to + 1;
    }
    return parts;
}

const char *const *seed_texts(const char *arg, size_t *n)
{
    return split(arg, strlen(arg), n);
}

const long *seed_longs(const char *arg, size_t *n)
{
    const char *const *parts = seed_texts(arg, n);
    long *values = keep((*n + 1) * sizeof *values);
    for (size_t i = 0; i < *n; i++)
        values[i] = seed_long(parts[i]);
    return values;
}

const double *seed_doubles(const char *arg, size_t *n)
{
    const char *const *parts = seed_texts(arg, n);
    double *values = keep((*n + 1) * sizeof *values);
    for (size_t i = 0; i < *n; i++)
        values[i] = seed_double(parts[i]);
    return values;
}

static seed_value parse_scalar(const char *arg)
{
    long integer;
    double real;
    if (strcmp(arg, "None") == 0)
        return seed_none();
    if (read_long(arg, &integer))
        return seed_int(integer);
    if (read_double(arg, &real))
        return seed_float(real);
    return seed_text(arg);
}

seed_value seed_parse(const char *arg)
{
    size_t size = strlen(arg);
    bool list = size >= 2 && arg[0] == '[' && arg[size - 1] == ']';
    bool tuple = size >= 2 && arg[0] == '(' && arg[size - 1] == ')';
    if (!list && !tuple)
        return parse_scalar(arg);
    size_t n;
    const char *const *parts = split(arg + 1, size - 2, &n);
    seed_value *items = keep((n + 1) * sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = parse_scalar(parts[i]);
    return list ? seed_list(items, n) : seed_tuple(items, n);
}

cede_time seed_time(double seconds)
{
    return (cede_time)(seconds * 1e9 + 0.5);
}

double seed_seconds(cede_time time)
{
    return (double)time / 1e9;
}

int seed_run(char **argv, cede_fn *fn, void *arg)
{
    cede_options options = {.name = "main"};
    if (strcmp(argv[1], "--clock") != 0)
        seed_refuse("--clock comes first", argv[1]);
    if (strcmp(argv[2], "virtual") == 0)
        options.poller = "virtual";
    else if (strcmp(argv[2], "real") != 0)
        seed_refuse("no such clock", argv[2]);
    return cede_run_with(&options, fn, arg);
}

/* ---- generators ------------------------------------------------------- */

const char *seed_state(const cede_gen *g)
{
    static const char *const names[] = {"GEN_CREATED", "GEN_RUNNING",
                                        "GEN_SUSPENDED", "GEN_CLOSED"};
    return names[cede_gen_state(g)];
}

const char *seed_gen_type(const cede_gen *g)
{
    static char text[120];
    cede_gen_describe(g, text, sizeof text);
    text[strcspn(text, " ")] = '\0';
    return text;
}

int seed_step(cede_gen *g, const seed_value *in, seed_value *out)
{
    *out = seed_none();
    return cede_send(g, in, out);
}

int seed_last_step(cede_gen *g, const seed_value *in, seed_value *out,
                   bool *now)
{
    bool open = cede_gen_state(g) != CEDE_CLOSED;
    int rc = seed_step(g, in, out);
    *now = open && rc == 0;
    return rc;
}
