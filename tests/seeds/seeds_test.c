/* SPDX-License-Identifier: MIT
 *
 * seeds_test.c - runs the sample programs and compares what they print.
 *
 *     seeds_test BIN_DIR SOURCE_DIR [PROGRAM...]
 *
 * The programs are BIN_DIR/seed_NAME.
 * For each case of seeds_cases.c the program is run and must end with status
 * 0.  With the document's parameters it must print what the Python original
 * printed (expected/NAME.out, without the lines that expected/NAME.skip
 * names), with others what expect_*.c computes; and those computations must
 * agree with the captured outputs, too.  Without parameters a program must
 * print nothing, and end with status 2: it has no defaults.
 *
 * PROGRAM is the beginning of a name; without any, all are run.
 */
#include "seeds_cases.h"
#include "seeds_compare.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 120, MOST_ARGS = 16, PATH_SIZE = 1024 };

static const char *bin_dir, *source_dir;
static char csv_path[2][PATH_SIZE];
static int passed, failed;

void give_up(const char *what)
{
    fprintf(stderr, "seeds_test: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- texts ----------------------------------------------------------- */

static struct text read_all(FILE *file)
{
    struct text t = {NULL, 0};
    FILE *out = open_memstream(&t.bytes, &t.size);
    int c;
    if (!out)
        give_up("memory");
    while ((c = fgetc(file)) != EOF)
        fputc(c, out);
    fclose(out);
    return t;
}

static FILE *open_expected(const char *name, const char *suffix)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/expected/%s%s", source_dir, name, suffix);
    return fopen(path, "r");
}

/* If line ends in end: without it. */
static void cut(char *line, const char *end)
{
    size_t n = strcspn(line, "\n"), m = strlen(end);
    if (n > m && strncmp(line + n - m, end, m) == 0)
        memmove(line + n - m, line + n, strlen(line + n) + 1);
}

/* The patterns of NAME.skip that are not comments.  "...TEXT" is no pattern: an
 * end of lines that is left out. */
static bool is_skipped(char *line, const struct text *skip)
{
    char pattern[200];
    const char *at = skip->bytes;
    while (at && *at) {
        size_t size = strcspn(at, "\n");
        snprintf(pattern, sizeof pattern, "%.*s", (int)size, at);
        if (strncmp(pattern, "...", 3) == 0)
            cut(line, pattern + 3);
        else if (*pattern && *pattern != '#' && fnmatch(pattern, line, 0) == 0)
            return true;
        at += size + (at[size] == '\n');
    }
    return false;
}

static struct text read_capture(const char *name)
{
    FILE *file = open_expected(name, ".out"), *skips;
    if (!file)
        give_up(name);
    struct text skip = {NULL, 0}, t = {NULL, 0};
    if ((skips = open_expected(name, ".skip"))) {
        skip = read_all(skips);
        fclose(skips);
    }
    FILE *out = open_memstream(&t.bytes, &t.size);
    char line[1000];
    while (out && fgets(line, sizeof line, file))
        if (!is_skipped(line, &skip))
            fputs(line, out);
    if (!out || fclose(out) != 0)
        give_up("memory");
    fclose(file);
    free(skip.bytes);
    return t;
}

/* ---- running --------------------------------------------------------- */

/* The program's standard output; *status as waitpid gives it. */
static struct text run(const char *program, char *const *arg, int *status)
{
    char path[PATH_SIZE];
    char *argv[MOST_ARGS + 2] = {path};
    snprintf(path, sizeof path, "%s/seed_%s", bin_dir, program);
    for (int i = 0; arg[i]; i++)
        argv[1 + i] = arg[i];
    int ends[2];
    if (pipe(ends) < 0)
        give_up("pipe");
    pid_t pid = fork();
    if (pid < 0)
        give_up("fork");
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        alarm(SECONDS);
        execv(path, argv);
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        _exit(127);
    }
    close(ends[1]);
    FILE *file = fdopen(ends[0], "r");
    if (!file)
        give_up("fdopen");
    struct text t = read_all(file);
    fclose(file);
    if (waitpid(pid, status, 0) < 0)
        give_up("waitpid");
    return t;
}

static void print_command(const char *program, char *const *arg)
{
    printf("%s", program);
    for (int i = 0; arg[i]; i++)
        printf(strpbrk(arg[i], " !*()[]") ? " '%s'" : " %s", arg[i]);
}

static void count(bool ok, const char *program, char *const *arg,
                  const char *why)
{
    if (ok) {
        passed++;
        return;
    }
    failed++;
    printf("FAILED: ");
    print_command(program, arg);
    printf("\n  %s\n\n", why);
}

static const char *describe_status(int status)
{
    static char text[80];
    if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "killed by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(text, sizeof text, "ended with status %d",
                 WEXITSTATUS(status));
    return text;
}

/* ---- the cases ------------------------------------------------------- */

/* Placeholders of files become their paths. */
static void resolve(const char *const *from, char **to)
{
    static char quotes[PATH_SIZE];
    snprintf(quotes, sizeof quotes, "%s/../../examples/quotes/stocks.csv",
             source_dir);
    int i = 0;
    for (; from[i] && i < MOST_ARGS; i++) {
        to[i] = (char *)from[i];
        if (strcmp(from[i], "@quotes") == 0)
            to[i] = quotes;
        else if (strncmp(from[i], "@csv-", 5) == 0)
            to[i] = csv_path[from[i][5] - '1'];
    }
    to[i] = NULL;
}

static struct text compute(const struct seed_case *c, char *const *arg)
{
    struct text t = {NULL, 0};
    FILE *out = open_memstream(&t.bytes, &t.size);
    if (!out)
        give_up("memory");
    c->expect(arg, out);
    fclose(out);
    return t;
}

/* The test's own computation against the capture. */
static void check_expectation(const struct seed_case *c, char *const *arg,
                              const struct text *capture)
{
    struct text computed = compute(c, arg);
    count(compare(capture->bytes, computed.bytes), c->program, arg,
          "the test computes something else than was captured");
    free(computed.bytes);
}

static void check_output(const struct seed_case *c, char *const *arg,
                         struct text *expected, struct text *actual)
{
    bool ok;
    if (c->comparison == ORDER_OF_SYMBOLS) {
        sort_by_symbol(expected);
        sort_by_symbol(actual);
    }
    if (c->comparison == SLEEPERS)
        ok = compare_sleepers(arg, actual->bytes);
    else
        ok = compare(expected->bytes, actual->bytes);
    count(ok, c->program, arg,
          c->capture ? "(expected: what the original printed)"
                     : "(expected: what the test computed)");
}

static void run_case(const struct seed_case *c)
{
    char *arg[MOST_ARGS + 1];
    resolve(c->arg, arg);
    struct text expected =
        c->capture ? read_capture(c->capture) : compute(c, arg);
    if (c->capture)
        check_expectation(c, arg, &expected);

    int status;
    struct text actual = run(c->program, arg, &status);
    if (status == 0)
        check_output(c, arg, &expected, &actual);
    else
        count(false, c->program, arg, describe_status(status));
    free(actual.bytes);
    free(expected.bytes);
}

/* Without parameters: usage on standard error, and status 2. */
static void run_without_parameters(const char *program)
{
    char *none[] = {NULL};
    int status;
    if (!freopen("/dev/null", "w", stderr))
        give_up("/dev/null");
    struct text actual = run(program, none, &status);
    count(actual.size == 0, program, none,
          "prints something without parameters");
    count(WIFEXITED(status) && WEXITSTATUS(status) == 2, program, none,
          describe_status(status));
    free(actual.bytes);
}

static bool is_wanted(const char *program, char **names)
{
    if (!*names)
        return true;
    for (; *names; names++)
        if (strncmp(program, *names, strlen(*names)) == 0)
            return true;
    return false;
}

/* ---- files the test writes ------------------------------------------- */

/* Prices that follow no pattern; the first file ends its lines like Windows
 * and has an empty one, the second lacks the last newline. */
static void write_csv(int which)
{
    static const char *const symbol[] = {"ONE", "TWO", "LONGERNAME"};
    const char *end = which == 0 ? "\r\n" : "\n";
    const char *tmp = getenv("TMPDIR");
    snprintf(csv_path[which], PATH_SIZE, "%s/seeds_test_XXXXXX",
             tmp ? tmp : "/tmp");
    int fd = mkstemp(csv_path[which]);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file)
        give_up(csv_path[which]);
    fprintf(file, "symbol,date,price%s", end);
    unsigned x = 12345u + (unsigned)which;
    for (int i = 0; i < 120; i++) {
        x = x * 1103515245u + 12345u;
        unsigned cents = x >> 16 & 0x7fff;
        if (i == 60 && which == 0)
            fputs(end, file);
        fprintf(file, "%s,May %d 2001,%u.%02u%s", symbol[(x >> 8) % 3],
                i % 28 + 1, cents / 100, cents % 100,
                which == 1 && i == 119 ? "" : end);
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s BIN_DIR SOURCE_DIR [PROGRAM...]\n", argv[0]);
        return 2;
    }
    bin_dir = argv[1];
    source_dir = argv[2];
    setvbuf(stdout, NULL, _IOLBF, 0);
    write_csv(0);
    write_csv(1);
    for (size_t i = 0; i < seed_cases_n; i++)
        if (is_wanted(seed_cases[i].program, argv + 3))
            run_case(&seed_cases[i]);
    for (size_t i = 0; i < seed_cases_n; i++)
        if (is_wanted(seed_cases[i].program, argv + 3) &&
            (i == 0 ||
             strcmp(seed_cases[i].program, seed_cases[i - 1].program) != 0))
            run_without_parameters(seed_cases[i].program);
    unlink(csv_path[0]);
    unlink(csv_path[1]);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
