/* SPDX-License-Identifier: MIT
 *
 * stack_use.c [DOCUMENT] - what common calls need of a task's stack.
 *
 * Each call is made in a task of its own, in a process of its own, whose
 * stack nobody has touched before; what cede_stack_used() says afterwards is
 * in whole pages and includes the task's own, the first.  Prints a table;
 * given a document, its table must have these rows, none of them may use more
 * than is written there, and what is written may not be more than four times
 * what is used.  Builds with larger frames or contexts may use twice as much,
 * and other C libraries whatever they do: the document is about glibc.
 */
#include <cede.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char text[8192];

/* ---- the calls --------------------------------------------------------- */

static void nothing(void)
{
}

static void format_double(void)
{
    snprintf(text, sizeof text, "%f", 1e10 / 3);
}

static void format_long_double(void)
{
    snprintf(text, sizeof text, "%Lf", 1e4000L);
}

static void print_unbuffered(void)
{
    fprintf(stderr, "%d %s\n", 1, "unbuffered");
}

static void scan(void)
{
    int n;
    double x;
    sscanf("1 2.5", "%d %lf", &n, &x);
}

static void local_time(void)
{
    time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm);
    strftime(text, sizeof text, "%c %Z", &tm);
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void sort(void)
{
    static int numbers[100];
    for (int i = 0; i < 100; i++)
        numbers[i] = i * 37 % 100;
    qsort(numbers, 100, sizeof *numbers, compare);
}

static void match(void)
{
    regex_t re;
    regmatch_t at[3];
    memset(text, 'a', 200);
    text[200] = '\0';
    regcomp(&re, "([a-z]+)*([0-9]|x)$", REG_EXTENDED);
    regexec(&re, text, 3, at, 0);
    regfree(&re);
}

static void look_up(void)
{
    struct addrinfo *found = NULL;
    if (getaddrinfo("localhost", "80", NULL, &found) == 0)
        freeaddrinfo(found);
}

static void open_library(void)
{
    dlopen("libm.so.6", RTLD_NOW);
}

static void handler(int sig)
{
    (void)sig;
}

static void take_signal(void)
{
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
}

static void run_a_command(void)
{
    if (system("true") < 0)
        abort();
}

static void allocate(void)
{
    free(malloc(100));
    free(malloc(1 << 20));
}

/* ---- measuring --------------------------------------------------------- */

static const struct call {
    const char *name; /* as the document has it */
    void (*fn)(void);
} calls[] = {{"nothing", nothing},
             {"`malloc`, `free`", allocate},
             {"`snprintf(\"%f\")`", format_double},
             {"`snprintf(\"%Lf\", 1e4000L)`", format_long_double},
             {"`fprintf(stderr)`, which is unbuffered", print_unbuffered},
             {"`sscanf(\"%d %lf\")`", scan},
             {"`localtime_r`, `strftime`", local_time},
             {"`qsort` of 100 numbers", sort},
             {"`regcomp`, `regexec` on 200 bytes", match},
             {"`getaddrinfo(\"localhost\")`", look_up},
             {"`dlopen(\"libm.so.6\")`", open_library},
             {"a signal handler", take_signal},
             {"`system`", run_a_command}};
enum { CALLS = sizeof calls / sizeof *calls };

static int measure(void *arg)
{
    (*(void (*const *)(void))arg)();
    return (int)(cede_stack_used() / 1024);
}

/* KiB; -1 when it could not be measured. */
static int used_by(const struct call *call)
{
    int fds[2], kib = -1;
    if (pipe(fds) < 0)
        return -1;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        void (*fn)(void) = call->fn;
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        kib = cede_run_with(&(cede_options){.stack_size = 256 * 1024}, measure,
                            &fn);
        _exit(write(fds[1], &kib, sizeof kib) < 0);
    }
    close(fds[1]);
    if (read(fds[0], &kib, sizeof kib) < 0)
        kib = -1;
    close(fds[0]);
    waitpid(pid, NULL, 0);
    return kib;
}

/* ---- the document ------------------------------------------------------ */

#ifdef __GLIBC__
enum { DOCUMENTED = true };
#else
enum { DOCUMENTED = false };
#endif

/* The KiB of the row "| NAME | KIB |"; -1 when there is none. */
static int documented(FILE *document, const char *name)
{
    char line[512];
    size_t n = strlen(name);
    rewind(document);
    while (fgets(line, sizeof line, document))
        if (strncmp(line, "| ", 2) == 0 && strncmp(line + 2, name, n) == 0 &&
            strncmp(line + 2 + n, " | ", 3) == 0)
            return atoi(line + 2 + n + 3);
    return -1;
}

static bool is_right(int used, int written)
{
#if defined(NDEBUG) && !defined(CEDE_NO_INLINE)
    int most = written;
#else
    int most = 2 * written; /* asserts, sanitizers, ucontext */
#endif
    bool as_written = used <= most && written <= 4 * used;
    return used > 0 && (as_written || !DOCUMENTED);
}

int main(int argc, char **argv)
{
    FILE *document = argc > 1 ? fopen(argv[1], "r") : NULL;
    if (argc > 1 && !document)
        return perror(argv[1]), 2;
    int bad = 0;
    for (size_t i = 0; i < CALLS; i++) {
        int used = used_by(&calls[i]);
        int written = document ? documented(document, calls[i].name) : used;
        bool right = is_right(used, written);
        printf("| %s | %d |%s\n", calls[i].name, used, right ? "" : " WRONG");
        if (!right)
            printf("    the document says %d\n", written);
        bad += !right;
    }
    return bad ? 1 : 0;
}
