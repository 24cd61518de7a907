/* SPDX-License-Identifier: MIT
 *
 * context.h - context managers: what a block takes, it gives back, however it
 * is left.
 *
 *     static int backup(const char *path)
 *     {
 *         int rc;
 *         cede_opening file = {.path = path, .flags = O_RDONLY};
 *         cede_using (rc, &cede_manager_open, &file)
 *             rc = copy_all(file.fd);
 *         return rc;
 *     }
 *
 * A manager is a pair of functions, or a generator that yields once: what
 * stands before the yield is enter, what stands after it is exit.
 *
 *     static int transaction(cede_gen *self, void *db)
 *     {
 *         CEDE_TRY(begin(db));
 *         int rc = cede_yield(self, &db);
 *         return rc < 0 ? (rollback(db), rc) : commit(db);
 *     }
 *     ...
 *     cede_gen *g = cede_gen_of(struct db *, transaction, db);
 *     cede_with (rc, struct db *, db, g)
 *         rc = update(db);
 *
 * A block has an outcome, the int named first.  Enter sets it; the body may;
 * exit is given it and says what it becomes.  Exit runs exactly once after an
 * enter that succeeded and never after one that failed, on every way out of
 * the block: its end, break, continue, return, goto.  Not when a generator is
 * dropped because it yielded after being told to stop: of what it had open,
 * only what cede_gen_defer was given runs then.
 *
 * Enter and exit may wait where their caller may, and are cancelled like
 * anything else in it: enter that answers -ECANCELED has failed, exit runs in
 * the cancelled scope.  An exit that must wait enters a shielded scope with a
 * deadline (task.h).
 *
 * Refused: leaving a block by longjmp; where the program is compiled without
 * NDEBUG, the end of the enclosing block, task or generator body notices, and
 * aborts by name.  And a `break` that leaves more than the block: the blocks
 * are loops to the compiler, so break and continue leave the block alone.
 *
 * The semantics are those of PEP 343 and contextlib.
 */
#ifndef CEDE_CONTEXT_H
#define CEDE_CONTEXT_H

#include <cede/gen.h>

#ifdef __cplusplus
extern "C" {
#endif

/* enter: >= 0 entered, and the value is the block's outcome to begin with;
 * < 0 it failed, and exit is not called.
 * exit: is given the block's outcome and answers what it becomes.  For a
 * failure: the same code lets it pass, >= 0 suppresses it, another replaces
 * it.  For a success: a failure of its own, or what it was given.
 * Either may be NULL: there is nothing to do, and the outcome is 0, or stays.
 *
 * Messages: a failure that exit lets pass keeps the message it came with,
 * whatever failed and was dealt with inside exit, be it with the same code; to
 * say more of it, `return cede_fail_from(rc, rc, "...")`.  One that replaces
 * another has its own message, or none. */
typedef struct cede_manager {
    int (*enter)(void *self);
    int (*exit)(void *self, int rc);
} cede_manager;

/* ---- blocks ---------------------------------------------------------- */

/* cede_using (rc, manager, self) { ... }: enter, the block, exit.
 * rc is an int lvalue that outlives the block: what enter answered, then what
 * the block makes of it, and after the block what exit made of that.  When
 * enter failed the block is skipped, and rc is why.  manager is a const
 * cede_manager *, self is handed to its functions; both are evaluated once.
 * break and continue leave the block, and only the block, by way of exit.
 * return and goto run exit with what rc says then: set rc first, and as
 * `return rc` is evaluated before exit runs, return after the block where
 * exit may change it.  CEDE_TRY in a block is a return: write
 * CEDE_TRY(rc = call), or exit takes the block for a success.  A C++ exception
 * runs exit with what rc says: set rc < 0 before what may throw, or catch
 * inside. */
#define cede_using(rc, ...)                                                    \
    CEDE_USING_(rc, CEDE_CAT_(cede_using_at_, __COUNTER__), __VA_ARGS__)

/* cede_with (rc, type, var, gen) { ... }: the same with a fresh generator,
 * whose item is `type var` in the block.  The generator belongs to the block
 * and is closed after it, also when entering failed.
 * rc is 0 in the beginning.  At the end of the block an rc < 0 is thrown in at
 * the yield, CEDE_EXIT like any other: the body that handles it and returns
 * suppresses it (rc is 0), that returns the same code lets it pass, that
 * fails with another replaces it.  After rc >= 0 the body goes on, and its
 * failure is what rc becomes.
 * rc when the block was skipped: the failure of the body; -ENOMEM for a NULL
 * generator; -EINVAL: items not of var's size; -EALREADY: the generator is
 * not fresh; CEDE_EPROTO: it did not yield.  After the block CEDE_EPROTO: it
 * yielded again; it was stopped.
 * CEDE_TRY, return and exceptions in the block: as in cede_using. */
#define cede_with(rc, type, var, ...)                                          \
    CEDE_WITH_(rc, type, var, CEDE_CAT_(cede_with_at_, __COUNTER__),           \
               __VA_ARGS__)

/* CEDE_USE(rc, manager, self): a declaration.  Enter here, and exit at the
 * end of the enclosing block, if enter succeeded: which rc tells, and the
 * program has to ask.  Otherwise as cede_using; rc must outlive that block, or
 * stand before in it.  No goto may jump forward over this declaration within
 * its block; clang refuses that, gcc warns only with -Wjump-misses-init. */
#define CEDE_USE(rc, ...)                                                      \
    struct cede_use_ CEDE_CAT_(cede_use_at_, __COUNTER__)                      \
        __attribute__((cleanup(cede_use_end_), unused)) =                      \
            cede_use_begin_(&(rc), __VA_ARGS__)

/* A manager whose self is a fresh cede_gen *, as for cede_with, but its item
 * is dropped and it stays the caller's: exit stops it, the caller closes it.
 * A generator is good for one block: entered again it answers -EALREADY. */
extern CEDE_API const cede_manager cede_manager_gen;

/* ---- exit stacks ----------------------------------------------------- */

/* What is to be given back, in the reverse order of taking, when the number
 * of things is known only at run time.  Empty: {0}.  Yours by value; one that
 * holds entries remembers its address, and a copied one aborts by name.  Each
 * entry is an allocation of its own, made before anything is entered.
 *
 * Every entry's exit is given the outcome so far and says what it becomes:
 * entries behave as blocks nested in the order of entering.  An exit may wait,
 * and may use the stack itself: what it adds runs next.
 *
 * -ENOMEM, from those that add: nothing was entered, and the stack is as it
 * was; so is what was to be added, but for a generator, which is closed
 * (cede_exits_with).  -EINVAL for a NULL function or
 * manager. */
typedef struct cede_exits {
    struct cd_exit *top_;
    const struct cede_exits *self_;
    size_t count_;
    size_t reserved_;
} cede_exits;

/* CEDE_EXITS(x, rc): declare an exit stack x, empty, and rc = 0.  At the end
 * of the enclosing block, however it is left, x is closed with rc and rc is
 * what that answers.  rc as for CEDE_USE.  No goto may jump forward over this
 * declaration within its block; clang refuses that, gcc warns only with
 * -Wjump-misses-init. */
#define CEDE_EXITS(x, rc)                                                      \
    cede_exits x = {NULL, NULL, 0, 0};                                         \
    struct cede_exits_guard_ CEDE_CAT_(cede_exits_at_, __COUNTER__)            \
        __attribute__((cleanup(cede_exits_end_), unused)) =                    \
            cede_exits_begin_(&(x), &(rc))

/* Enter, and have exit run when x is closed: what enter answered; < 0 and exit
 * will not run. */
CEDE_API int cede_exits_enter(cede_exits *x, const cede_manager *manager,
                              void *self);

/* The same with a fresh generator that yields once; *out (its out_size bytes;
 * may be NULL) gets the item.  0, or an error as of cede_with.  gen belongs to
 * x from here on, and is closed also when this fails. */
CEDE_API int cede_exits_with(cede_exits *x, cede_gen *gen, void *out);

/* Have fn(ptr, rc) run when x is closed: a manager's exit.  0. */
CEDE_API int cede_exits_push(cede_exits *x, int (*fn)(void *ptr, int rc),
                             void *ptr);

/* Have fn(ptr) run when x is closed, whatever the outcome, which it leaves
 * alone.  0. */
CEDE_API int cede_exits_callback(cede_exits *x, void (*fn)(void *ptr),
                                 void *ptr);

/* Move all entries of x to *out, on top of what that has; x is empty. */
CEDE_API void cede_exits_pop_all(cede_exits *x, cede_exits *out);

/* Run all exits, the last entered first, and answer the final outcome: rc,
 * suppressed or replaced by them one after the other; all run.  x is empty
 * then, and may be used again.  [waits] as the exits do. */
CEDE_API int cede_exits_close(cede_exits *x, int rc);

/* How many entries x has. */
CEDE_API size_t cede_exits_count(const cede_exits *x);

/* ---- what the macros are made of ------------------------------------- */

struct cede_use_ {
    const cede_manager *manager;
    void *self;
    int *rc;
    unsigned depth; /* see cede_block_begin_ */
    bool entered;   /* exit has to run */
    bool once;      /* the block has still to run */
};

/* A failure on its way through exit: out of line, as its message must be kept
 * for it meanwhile. */
CEDE_API int cede_exit_failed_(const cede_manager *manager, void *self, int rc);

/* A block is open, the depth-th of its coroutine; and not any more.  Depths
 * that do not match tell of a block that was left by longjmp. */
CEDE_API unsigned cede_block_begin_(void);
CEDE_API void cede_block_end_(unsigned depth);
#ifdef NDEBUG
#define CEDE_BLOCK_BEGIN_() 0
#define CEDE_BLOCK_END_(depth) ((void)(depth))
#else
#define CEDE_BLOCK_BEGIN_() cede_block_begin_()
#define CEDE_BLOCK_END_(depth) cede_block_end_(depth)
#endif

static inline struct cede_use_
cede_use_begin_(int *rc, const cede_manager *manager, void *self)
{
    *rc = manager->enter ? manager->enter(self) : 0;
    struct cede_use_ u = {manager, self, rc, 0, *rc >= 0, *rc >= 0};
    if (u.entered)
        u.depth = CEDE_BLOCK_BEGIN_();
    return u;
}

static inline void cede_use_end_(struct cede_use_ *u)
{
    if (!u->entered)
        return;
    CEDE_BLOCK_END_(u->depth);
    if (!u->manager->exit)
        return;
    if (*u->rc < 0)
        *u->rc = cede_exit_failed_(u->manager, u->self, *u->rc);
    else
        *u->rc = u->manager->exit(u->self, *u->rc);
}

#define CEDE_USING_(rc, u, ...)                                                \
    for (struct cede_use_ u __attribute__((cleanup(cede_use_end_))) =          \
             cede_use_begin_(&(rc), __VA_ARGS__);                              \
         u.once; u.once = false)

struct cede_with_ {
    cede_gen *gen; /* NULL: refused */
    int *rc;
    unsigned depth;
    bool entered;
    bool once;
};

CEDE_API struct cede_with_ cede_with_begin_(int *rc, size_t size,
                                            cede_gen *gen);
CEDE_API bool cede_with_enter_(struct cede_with_ *w, void *out);
CEDE_API void cede_with_end_(struct cede_with_ *w);

/* The inner loop is there to declare var; its condition enters. */
#define CEDE_WITH_(rc, type, var, w, ...)                                      \
    for (struct cede_with_ w __attribute__((cleanup(cede_with_end_))) =        \
             cede_with_begin_(&(rc), sizeof(type), __VA_ARGS__);               \
         w.once; w.once = false)                                               \
        for (type var; cede_with_enter_(&w, &var);)

struct cede_exits_guard_ {
    cede_exits *exits;
    int *rc;
    unsigned depth;
};

static inline struct cede_exits_guard_ cede_exits_begin_(cede_exits *x, int *rc)
{
    struct cede_exits_guard_ e = {x, rc, CEDE_BLOCK_BEGIN_()};
    *rc = 0;
    return e;
}

static inline void cede_exits_end_(struct cede_exits_guard_ *e)
{
    CEDE_BLOCK_END_(e->depth);
    *e->rc = cede_exits_close(e->exits, *e->rc);
}

#ifdef __cplusplus
}
#endif

#include <cede/managers.h>

#endif
