/* SPDX-License-Identifier: MIT
 *
 * show.c - options, sizes, failures and bars; see show.h.
 *
 * Two sequences are used on a terminal, cursor up and erase to the end, and no
 * mode of it is changed: wherever the program is interrupted, there is nothing
 * to restore.
 */
#include "show.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR = 24, LINE = 1024 };

const char *size_text(int64_t bytes, char out[SIZE_TEXT])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    double size = (double)bytes / 1000;
    for (; size >= 999.95; size /= 1000)
        unit++;
    if (bytes < 1000)
        snprintf(out, SIZE_TEXT, "%d B", (int)bytes);
    else
        snprintf(out, SIZE_TEXT, "%.1f %s", size, units[unit]);
    return out;
}

void announce(const cede_server *server)
{
    cede_address address;
    char text[CEDE_ADDRESS_TEXT];
    for (size_t i = 0; cede_server_address(server, i, &address) == 0; i++) {
        cede_address_text(&address, text, sizeof text);
        printf("listening at %s\n", text);
    }
    fflush(stdout); /* whoever started us waits for that */
}

int descriptors(void)
{
    int n = -3; /* ".", ".." and the folder's own */
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        n++;
    if (folder)
        closedir(folder);
    return n;
}

const char *why(int rc)
{
    const char *message = cede_message_of(rc);
    return message[0] ? message : cede_strerror(rc);
}

/* ---- options --------------------------------------------------------- */

static int read_option(const struct choice *c, const char *text)
{
    if (c->text) {
        *c->text = text;
        return 0;
    }
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || *end || n < 1 || n > c->most)
        return cede_fail(-EINVAL, "-%c: '%s' is not a number from 1 to %d",
                         c->letter, text, c->most);
    *c->number = (int)n;
    return 0;
}

int read_options(int argc, char **argv, const struct choice *choices,
                 const char *usage)
{
    char letters[64] = "";
    for (const struct choice *c = choices; c->letter; c++)
        sprintf(letters + strlen(letters), "%c:", c->letter);
    int rc = 0;
    for (int letter; rc == 0 && (letter = getopt(argc, argv, letters)) != -1;) {
        const struct choice *c = choices;
        while (c->letter && c->letter != letter)
            c++;
        rc = c->letter ? read_option(c, optarg) : cede_fail(-EINVAL, "%s", "");
    }
    if (rc == 0 && optind < argc)
        return optind;
    if (rc < 0 && cede_message()[0])
        fprintf(stderr, "%s: %s\n", argv[0], cede_message());
    fputs(usage, stderr);
    return -EINVAL;
}

int exit_status(const char *program, int rc)
{
    if (rc < 0 && rc != -EINTR)
        fprintf(stderr, "%s: %s\n", program, why(rc));
    return rc == -EINTR ? 130 : rc < 0;
}

/* ---- bars ------------------------------------------------------------ */

void bars_open(struct bars *b, FILE *out)
{
    *b = (struct bars){.out = out, .terminal = isatty(fileno(out))};
}

static int columns(const struct bars *b)
{
    struct winsize size;
    bool known = ioctl(fileno(b->out), TIOCGWINSZ, &size) == 0;
    return known && size.ws_col > 1 ? size.ws_col - 1 : 79;
}

static void draw_bar(const struct bars *b, const struct bar *bar)
{
    int64_t done = *bar->done, total = *bar->total;
    double part = total > 0 && done < total ? (double)done / (double)total : 1;
    char drawing[BAR + 1] = "", percent[8] = "  ?  ", size[SIZE_TEXT];
    memset(drawing, '.', BAR);
    if (total >= 0) {
        memset(drawing, '#', (size_t)(part * BAR));
        snprintf(percent, sizeof percent, "%3d %%", (int)(part * 100));
    }
    char line[LINE];
    snprintf(line, sizeof line, "[%s] %s %9s  %s", drawing, percent,
             size_text(done, size), bar->label);
    fprintf(b->out, "%.*s\n", columns(b), line);
}

static void draw(struct bars *b)
{
    b->drawn = 0;
    for (struct bar *bar = b->first; bar; bar = bar->next) {
        draw_bar(b, bar);
        b->drawn++;
    }
    fflush(b->out);
}

static void erase(struct bars *b)
{
    if (b->drawn > 0)
        fprintf(b->out, "\033[%dA\033[J", b->drawn);
    b->drawn = 0;
}

void bars_add(struct bars *b, struct bar *bar)
{
    struct bar **end = &b->first;
    while (*end)
        end = &(*end)->next;
    bar->next = NULL;
    *end = bar;
}

void bars_remove(struct bars *b, struct bar *bar)
{
    struct bar **at = &b->first;
    while (*at != bar)
        at = &(*at)->next;
    *at = bar->next;
}

void bars_line(struct bars *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    erase(b);
    vfprintf(b->out, format, args);
    putc('\n', b->out);
    if (b->terminal)
        draw(b);
    fflush(b->out);
    va_end(args);
}

int bars_move(void *bars)
{
    struct bars *b = bars;
    while (b->terminal) {
        erase(b);
        draw(b);
        CEDE_TRY(cede_sleep(CEDE_SEC / 10));
    }
    return 0;
}
