/* SPDX-License-Identifier: MIT
 *
 * embed_glib_test.c - a loop as a source of GLib's main loop.
 */
#include "check.h"
#include "threads.h"

#ifndef HAVE_GLIB

TEST(there_is_no_foreign_loop)
{
}

SUITE_UNLESS("embed_glib", "needs GLib")

#else

#include <glib-unix.h>

struct source {
    GSource source; /* first */
    cede_loop *loop;
};

static cede_loop *loop_of(GSource *s)
{
    return ((struct source *)s)->loop;
}

static gboolean prepare(GSource *s, gint *timeout)
{
    *timeout = cede_loop_timeout_ms(loop_of(s));
    return *timeout == 0;
}

static gboolean is_due(GSource *s)
{
    return cede_loop_timeout(loop_of(s)) == 0;
}

static gboolean step(GSource *s, GSourceFunc fn, gpointer arg)
{
    (void)fn;
    (void)arg;
    CHECK_OK(cede_loop_step(loop_of(s)));
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_type = {
    .prepare = prepare, .check = is_due, .dispatch = step};

static cede_loop *loop;
static GMainLoop *main_loop;
static GSource *source;

static void begin(void)
{
    CHECK(loop = cede_loop_new(NULL));
    main_loop = g_main_loop_new(NULL, FALSE);
    source = g_source_new(&source_type, sizeof(struct source));
    ((struct source *)source)->loop = loop;
    g_source_add_unix_fd(source, cede_loop_fd(loop), G_IO_IN);
    g_source_attach(source, NULL);
}

static void end(void)
{
    g_source_destroy(source);
    g_source_unref(source);
    g_main_loop_unref(main_loop);
    CHECK_OK(cede_loop_close(loop));
}

static int quits(void *arg)
{
    (void)arg;
    g_main_loop_quit(main_loop);
    return 0;
}

static int ticks(void *arg)
{
    for (int i = 0; i < 3; i++) {
        note("tick ");
        CEDE_TRY(cede_sleep(2 * CEDE_MS));
    }
    return quits(arg);
}

static int starts(void *arg)
{
    return cede_go(NULL, ticks, arg);
}

TEST(tasks_run_inside_of_glibs_loop)
{
    begin();
    CHECK_OK(cede_loop_call_soon(loop, starts, NULL, NULL));
    g_main_loop_run(main_loop);
    CHECK_NOTED("tick tick tick ");
    end();
}

static gboolean registers(gpointer arg)
{
    note("glib ");
    CHECK_OK(cede_loop_call_later(loop, CEDE_MS, quits, arg, NULL));
    return G_SOURCE_REMOVE;
}

TEST(what_glib_calls_may_register_callbacks)
{
    begin();
    g_timeout_add(1, registers, NULL);
    g_main_loop_run(main_loop);
    CHECK_NOTED("glib ");
    end();
}

static void *posts(void *arg)
{
    CHECK_OK(cede_loop_post(loop, quits, arg));
    return NULL;
}

TEST(posts_wake_glibs_loop)
{
    begin();
    for (int i = 0; i < 100; i++) {
        pthread_t thread = in_thread(posts, NULL);
        g_main_loop_run(main_loop);
        ends_with(thread);
    }
    end();
}

SUITE("embed_glib")

#endif
