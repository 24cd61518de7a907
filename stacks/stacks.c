/* SPDX-License-Identifier: MIT
 *
 * stacks.c - libcede_stacks: calls on a stack that stands still, with names
 * and lines.
 *
 * elfutils' libdwfl does the work, in the process itself: it reads which files
 * are mapped, and their unwinding and debugging information; we give it the
 * registers a stack stopped with, and read that stack's memory for it, within
 * bounds.  Nothing is stopped and nobody attaches.
 *
 * Separate information of distributions is used where it is installed
 * (/usr/lib/debug by build id); nothing is ever fetched over the network.
 */
#include "debug/stacks.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

struct cd_stacks {
    Dwfl *dwfl;
    const struct cd_stacks_at *at; /* what is being unwound, */
    uintptr_t *out;                /* and found so far */
    int count, size;
    Dwfl_Module *ours;      /* NULL: the program itself */
    char sources[PATH_MAX]; /* where cede was compiled from, with the slash */
    char cwd[PATH_MAX];
};

/* ---- unwinding --------------------------------------------------------- */

/* Numbers that DWARF gives to the stack pointer, the frame pointer and the one
 * that compilers may take for a base. */
#if defined(__x86_64__)
enum { SP = 7, FP = 6, BASE = 3 };
#elif defined(__aarch64__)
enum { SP = 31, FP = 29, BASE = 19 };
#elif defined(__riscv)
enum { SP = 2, FP = 8, BASE = 9 };
#else
#error "nobody has told which registers these are here"
#endif

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread)
{
    (void)dwfl;
    bool again = *thread != NULL;
    *thread = arg;
    return again ? 0 : getpid();
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread)
{
    (void)dwfl, (void)tid;
    *thread = arg;
    return true;
}

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
    const struct cd_stacks_at *at = ((struct cd_stacks *)arg)->at;
    Dwarf_Word sp = at->sp, fp = at->fp, base = at->base;
    dwfl_thread_state_register_pc(thread, at->pc);
    return dwfl_thread_state_registers(thread, SP, 1, &sp) &&
           dwfl_thread_state_registers(thread, FP, 1, &fp) &&
           dwfl_thread_state_registers(thread, BASE, 1, &base);
}

/* Somebody else's frames: the sanitizers would complain. */
__attribute__((no_sanitize("address", "thread", "undefined"))) static bool
read_memory(Dwfl *dwfl, Dwarf_Addr addr, Dwarf_Word *result, void *arg)
{
    (void)dwfl;
    const struct cd_stacks_at *at = ((struct cd_stacks *)arg)->at;
    for (int i = 0; i < 2; i++)
        if (addr >= at->memory[i].lo &&
            addr + sizeof *result <= at->memory[i].hi) {
            *result = *(const volatile Dwarf_Word *)(uintptr_t)addr;
            return true;
        }
    return false;
}

static int take_frame(Dwfl_Frame *frame, void *arg)
{
    struct cd_stacks *s = arg;
    Dwarf_Addr pc;
    bool exact;
    if (s->count == s->size || !dwfl_frame_pc(frame, &pc, &exact))
        return DWARF_CB_ABORT;
    /* A return address may lie behind the end of the function that called. */
    s->out[s->count++] = exact ? pc : pc - 1;
    return DWARF_CB_OK;
}

static int unwind(struct cd_stacks *s, const struct cd_stacks_at *at,
                  uintptr_t *out, int n)
{
    s->at = at;
    s->out = out;
    s->count = 0;
    s->size = n;
    dwfl_getthread_frames(s->dwfl, getpid(), take_frame, s);
    return s->count;
}

static const Dwfl_Thread_Callbacks threads = {
    .next_thread = next_thread,
    .get_thread = get_thread,
    .memory_read = read_memory,
    .set_initial_registers = set_registers,
};

/* ---- names ------------------------------------------------------------- */

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* Paths below the working directory, as one would type them. */
static const char *shorten(const struct cd_stacks *s, const char *file)
{
    size_t n = strlen(s->cwd);
    return n > 1 && strncmp(file, s->cwd, n) == 0 && file[n] == '/'
               ? file + n + 1
               : file;
}

/* The compilation unit that pc lies in.  gcc makes an index of them; clang does
 * not, so one has to look into each. */
static Dwarf_Die *unit_at(Dwfl_Module *module, Dwarf_Addr pc, Dwarf_Addr *bias)
{
    Dwarf_Die *unit = dwfl_module_addrdie(module, pc, bias);
    if (unit)
        return unit;
    while ((unit = dwfl_module_nextcu(module, unit, bias)))
        if (dwarf_haspc(unit, pc - *bias) > 0)
            return unit;
    return NULL;
}

/* The whole path of a compilation unit's source. */
static void source_of(Dwarf_Die *unit, char *out, size_t size)
{
    const char *name = or_empty(dwarf_diename(unit));
    Dwarf_Attribute at;
    const char *dir =
        or_empty(dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &at)));
    if (name[0] == '/' || !*dir)
        snprintf(out, size, "%s", name);
    else
        snprintf(out, size, "%s/%s", dir, name);
}

/* Is it cede's own code?  Told by where it was compiled from; where that is
 * not known, by the library it is in; what public headers inline, by name. */
static bool is_ours(const struct cd_stacks *s, Dwfl_Module *module,
                    Dwarf_Die *unit, const char *function)
{
    if (strncmp(function, "cede_", 5) == 0)
        return true;
    if (!unit)
        return (module && module == s->ours) ||
               strncmp(function, "cd_", 3) == 0;
    char path[PATH_MAX];
    source_of(unit, path, sizeof path);
    size_t n = strlen(s->sources);
    return n > 0 && strncmp(path, s->sources, n) == 0;
}

static bool is_inlined(Dwarf_Die *scope)
{
    return dwarf_tag(scope) == DW_TAG_inlined_subroutine;
}

static bool is_function(Dwarf_Die *scope)
{
    return is_inlined(scope) || dwarf_tag(scope) == DW_TAG_subprogram;
}

static int number_of(Dwarf_Die *die, unsigned attribute)
{
    Dwarf_Attribute at;
    Dwarf_Word value = 0;
    dwarf_formudata(dwarf_attr(die, attribute, &at), &value);
    return (int)value;
}

/* The frame around an inlined one goes on where that was called. */
static void step_out(const struct cd_stacks *s, struct cd_stacks_frame *f,
                     Dwarf_Die *unit, Dwarf_Die *inlined)
{
    Dwarf_Files *files;
    size_t n;
    const char *file = NULL;
    int number = number_of(inlined, DW_AT_call_file);
    if (dwarf_getsrcfiles(unit, &files, &n) == 0)
        file = dwarf_filesrc(files, (size_t)number, NULL, NULL);
    f->file = shorten(s, or_empty(file));
    f->line = number_of(inlined, DW_AT_call_line);
}

typedef void tell_fn(void *ctx, const struct cd_stacks_frame *f);

/* The blocks and functions that pc lies in, the innermost first; the caller
 * frees them.  By address, then by where that one's entry stands: the first
 * search alone goes on with where an inlined function was written. */
static int scopes_of(Dwarf_Die *unit, Dwarf_Addr pc, Dwarf_Die **out)
{
    Dwarf_Die *innermost = NULL;
    *out = NULL;
    int n = dwarf_getscopes(unit, pc, &innermost);
    if (n > 0)
        n = dwarf_getscopes_die(innermost, out);
    free(innermost);
    return n;
}

/* A call, and those that a compiler inlined into it. */
static void tell_merged(struct cd_stacks *s, struct cd_stacks_frame *f,
                        Dwfl_Module *module, Dwarf_Die *unit, Dwarf_Addr bias,
                        tell_fn *fn, void *ctx)
{
    Dwarf_Die *scopes;
    int n = scopes_of(unit, f->pc - bias, &scopes);
    for (int i = 0; i < n; i++) {
        if (!is_function(&scopes[i]))
            continue;
        f->function = or_empty(dwarf_diename(&scopes[i]));
        f->ours = is_ours(s, module, unit, f->function);
        fn(ctx, f);
        if (!is_inlined(&scopes[i]))
            break;
        step_out(s, f, unit, &scopes[i]);
    }
    free(scopes);
}

static void find_line(const struct cd_stacks *s, struct cd_stacks_frame *f,
                      Dwarf_Die *unit, Dwarf_Addr bias)
{
    Dwarf_Line *line = dwarf_getsrc_die(unit, f->pc - bias);
    if (!line)
        return;
    f->file = shorten(s, or_empty(dwarf_linesrc(line, NULL, NULL)));
    dwarf_lineno(line, &f->line);
}

static void tell(struct cd_stacks *s, uintptr_t pc, tell_fn *fn, void *ctx)
{
    struct cd_stacks_frame f = {.pc = pc, .function = "", .file = ""};
    Dwfl_Module *module = dwfl_addrmodule(s->dwfl, pc);
    Dwarf_Addr bias = 0;
    Dwarf_Die *unit = module ? unit_at(module, pc, &bias) : NULL;
    if (unit) {
        find_line(s, &f, unit, bias);
        tell_merged(s, &f, module, unit, bias, fn, ctx);
        return;
    }
    if (module)
        f.function = or_empty(dwfl_module_addrname(module, pc));
    f.ours = is_ours(s, module, NULL, f.function);
    fn(ctx, &f);
}

/* ---- opening and closing ----------------------------------------------- */

/* Not dwfl_standard_find_debuginfo: it may ask servers. */
static const Dwfl_Callbacks finders = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_build_id_find_debuginfo,
};

static bool attach(struct cd_stacks *s)
{
    s->dwfl = dwfl_begin(&finders);
    return s->dwfl && dwfl_linux_proc_report(s->dwfl, getpid()) == 0 &&
           dwfl_report_end(s->dwfl, NULL, NULL) == 0 &&
           dwfl_attach_state(s->dwfl, NULL, getpid(), &threads, s);
}

/* By the source of a function of theirs, in src/FLOOR. */
static void find_ours(struct cd_stacks *s, const void *cede_code)
{
    Dwarf_Addr pc = (uintptr_t)cede_code, bias;
    Dwfl_Module *program = dwfl_addrmodule(s->dwfl, getauxval(AT_ENTRY));
    s->ours = dwfl_addrmodule(s->dwfl, pc);
    Dwarf_Die *unit = s->ours ? unit_at(s->ours, pc, &bias) : NULL;
    if (s->ours == program)
        s->ours = NULL;
    if (!unit)
        return;
    source_of(unit, s->sources, sizeof s->sources);
    char *end = strstr(s->sources, "/src/debug/");
    if (end)
        end[strlen("/src/")] = '\0';
    else
        s->sources[0] = '\0';
}

static void close_stacks(struct cd_stacks *s)
{
    if (s->dwfl)
        dwfl_end(s->dwfl);
    free(s);
}

static struct cd_stacks *open_stacks(const void *cede_code)
{
    struct cd_stacks *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    if (!attach(s)) {
        close_stacks(s);
        return NULL;
    }
    if (!getcwd(s->cwd, sizeof s->cwd))
        s->cwd[0] = '\0';
    find_ours(s, cede_code);
    return s;
}

__attribute__((visibility("default")))
const struct cd_stacks_table cede_stacks_1_ = {open_stacks, unwind, tell,
                                               close_stacks};
