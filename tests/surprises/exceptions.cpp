/* SPDX-License-Identifier: MIT
 *
 * exceptions.cpp - C++ on cede's stacks: exceptions and destructors in bodies
 * and tasks, across yields and waits, and where an exception must not go.
 */
#include <cede.h>

#include "cases.h"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>
#include <unwind.h>

/* ---- within a body or a task ------------------------------------------ */

/* Yields inside the try block, and what it caught afterwards. */
static int throws_between_yields(cede_gen *self, void *)
{
    int n = 0;
    try {
        CEDE_TRY(cede_yield(self, &n));
        throw std::runtime_error("7");
    } catch (const std::runtime_error &e) {
        n = std::stoi(e.what());
    }
    CEDE_TRY(cede_yield(self, &n));
    return 0;
}

CASE(an_exception_may_be_thrown_and_caught_in_a_body_across_its_yields)
{
    cede_gen *a = cede_gen_of(int, throws_between_yields, NULL);
    cede_gen *b = cede_gen_of(int, throws_between_yields, NULL);
    int x = -1, y = -1;
    EXPECT(cede_next(a, &x) == 1 && x == 0);
    EXPECT(cede_next(b, &y) == 1 && y == 0);
    EXPECT(cede_next(a, &x) == 1 && x == 7);
    EXPECT(cede_next(b, &y) == 1 && y == 7);
    EXPECT(cede_next(a, &x) == 0 && cede_gen_close(a) == 0);
    EXPECT(cede_gen_close(b) == 0);
}

static __attribute__((noinline)) int waits_and_throws(int n)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    throw n;
}

static int catches_its_own(void *arg)
{
    int caught = 0;
    try {
        CEDE_TRY(waits_and_throws(*static_cast<int *>(arg)));
    } catch (int n) {
        caught = n;
    }
    CEDE_TRY(cede_sleep(CEDE_MS));
    return caught;
}

static int two_that_catch(void *)
{
    int one = 1, two = 2, results[2];
    const cede_call calls[] = {{catches_its_own, &one},
                               {catches_its_own, &two}};
    CEDE_TRY(cede_gather(calls, 2, results));
    return results[0] * 10 + results[1];
}

CASE(tasks_catch_their_own_exceptions_across_waits)
{
    EXPECT(cede_run(two_that_catch, NULL) == 12);
}

/* Handles an exception for so many milliseconds, and throws it on. */
static int handles_for(void *arg)
{
    int ms = *static_cast<int *>(arg);
    try {
        try {
            throw std::runtime_error(std::to_string(ms));
        } catch (const std::exception &) {
            CEDE_TRY(cede_sleep(ms * CEDE_MS));
            throw;
        }
    } catch (const std::exception &e) {
        CEDE_TRY(cede_sleep(ms * CEDE_MS));
        return std::current_exception() ? std::stoi(e.what()) : -EIO;
    }
}

/* The first to begin is the first to end, which is not the order in which one
 * thread handles exceptions. */
static int two_that_handle(void *)
{
    int one = 1, two = 2, results[2];
    const cede_call calls[] = {{handles_for, &one}, {handles_for, &two}};
    CEDE_TRY(cede_gather(calls, 2, results));
    return std::current_exception() ? -EIO : results[0] * 10 + results[1];
}

CASE(tasks_may_wait_inside_their_catch_blocks)
{
    EXPECT(cede_run(two_that_handle, NULL) == 12);
    try {
        throw 7;
    } catch (int) {
        EXPECT(cede_run(two_that_handle, NULL) == 12);
        EXPECT(std::current_exception());
    }
}

static int ends_slowly(void *)
{
    cede_sleep(CEDE_NEVER);
    CEDE_SCOPE(s, CEDE_NEVER);
    cede_scope_shield(&s, true);
    return cede_sleep(2 * CEDE_MS);
}

static int unwinds_slowly(void *)
{
    try {
        CEDE_GROUP(g);
        CEDE_TRY(cede_go(&g, ends_slowly, NULL));
        CEDE_TRY(cede_sleep(CEDE_MS));
        throw 7; /* and wait for the child on the way */
    } catch (int n) {
        return n;
    }
}

static int counts_uncaught(void *)
{
    int most = 0;
    for (int i = 0; i < 10; i++) {
        CEDE_TRY(cede_sleep(CEDE_MS / 2));
        most = std::max(most, std::uncaught_exceptions());
    }
    return most;
}

static int one_unwinds(void *)
{
    int results[2];
    const cede_call calls[] = {{unwinds_slowly, NULL}, {counts_uncaught, NULL}};
    CEDE_TRY(cede_gather(calls, 2, results));
    return results[0] * 10 + results[1];
}

CASE(an_exception_on_its_way_in_a_task_is_not_seen_by_others)
{
    cede_options o = {};
    o.poller = "virtual";
    EXPECT(cede_run_with(&o, one_unwinds, NULL) == 70);
}

CASE(a_step_inside_a_catch_block_may_throw_and_catch)
{
    cede_gen *g = cede_gen_of(int, throws_between_yields, NULL);
    EXPECT(cede_next(g, NULL) == 1);
    std::string seen;
    try {
        try {
            throw std::runtime_error("outer");
        } catch (...) {
            int x = 0;
            EXPECT(cede_next(g, &x) == 1 && x == 7);
            throw; /* the outer one, still */
        }
    } catch (const std::exception &e) {
        seen = e.what();
    }
    EXPECT(seen == "outer");
    EXPECT(cede_gen_close(g) == 0);
}

/* ---- out of a body or a task ------------------------------------------- */

static int throws(cede_gen *, void *)
{
    throw std::runtime_error("escapes");
}

static _Unwind_Reason_Code count_frame(_Unwind_Context *, void *n)
{
    ++*static_cast<int *>(n);
    return _URC_NO_REASON;
}

/* Aborts as std::terminate does, and says how deep the stack is. */
static void says_how_deep()
{
    int n = 0;
    _Unwind_Reason_Code end = _Unwind_Backtrace(count_frame, &n);
    fprintf(stderr, "terminated, %s\n",
            end == _URC_END_OF_STACK && n > 3 && n < 20 ? "clean"
                                                        : "not clean");
    abort();
}

static void lets_escape_a_body()
{
    std::set_terminate(says_how_deep);
    cede_next(cede_gen_of(int, throws, NULL), NULL);
}

static int throws_in_a_task(void *)
{
    throw std::runtime_error("escapes");
}

static void lets_escape_a_task()
{
    std::set_terminate(says_how_deep);
    cede_run(throws_in_a_task, NULL);
}

/* Nobody can catch it, not even who is about to. */
static void catches_on_another_stack()
{
    std::set_terminate(says_how_deep);
    try {
        cede_next(cede_gen_of(int, throws, NULL), NULL);
    } catch (...) {
        exit(0);
    }
}

CASE(an_exception_that_escapes_a_body_or_task_terminates_with_a_clean_stack)
{
    EXPECT_ABORT(lets_escape_a_body, "terminated, clean");
    EXPECT_ABORT(lets_escape_a_task, "terminated, clean");
    EXPECT_ABORT(catches_on_another_stack, "terminated, clean");
}

static void lets_escape_without_a_handler()
{
    cede_next(cede_gen_of(int, throws, NULL), NULL);
}

CASE(an_exception_that_escapes_is_named_by_the_cxx_library)
{
    EXPECT_ABORT(lets_escape_without_a_handler, "escapes");
}

static int throws_through_the_library(void *arg)
{
    try {
        (void)cede_within(CEDE_SEC, throws_in_a_task, arg);
    } catch (const std::exception &) {
    }
    return 0;
}

static void lets_pass_through_the_library()
{
    (void)cede_run(throws_through_the_library, NULL);
}

CASE(an_exception_that_passes_through_cede_within_leaves_its_scope_open)
{
    EXPECT_ABORT(lets_pass_through_the_library,
                 "task 'throws_through_the_library' ended without leaving");
}

/* ---- destructors, and blocks of ours ----------------------------------- */

static std::string noted;

struct noting {
    const char *text;
    ~noting()
    {
        noted += text;
    }
};

static int has_a_destructor(cede_gen *self, void *)
{
    noting end{"destroyed "};
    int rc = 0;
    for (int i = 0; rc == 0; i++)
        rc = cede_yield(self, &i);
    return rc;
}

CASE(destructors_of_a_body_run_when_it_is_stopped)
{
    cede_gen *g = cede_gen_of(int, has_a_destructor, NULL);
    EXPECT(cede_next(g, NULL) == 1);
    EXPECT(cede_gen_close(g) == 0);
    EXPECT(noted == "destroyed ");
}

CASE(an_exception_out_of_a_for_each_closes_its_generator)
{
    try {
        cede_each (int, i, cede_gen_of(int, has_a_destructor, NULL))
            if (i == 2)
                throw i;
    } catch (int i) {
        noted += std::to_string(i);
    }
    EXPECT(noted == "destroyed 2");
}

static int sleeps_for_ever(void *)
{
    noting end{"cancelled "};
    return cede_sleep(CEDE_NEVER);
}

static int throws_out_of_a_group(void *)
{
    try {
        CEDE_GROUP(g);
        CEDE_TRY(cede_go(&g, sleeps_for_ever, NULL));
        CEDE_TRY(cede_sleep(CEDE_MS));
        throw 7;
    } catch (int n) {
        noted += std::to_string(n);
    }
    return 0;
}

CASE(an_exception_out_of_a_group_cancels_and_joins_its_children)
{
    EXPECT(cede_run(throws_out_of_a_group, NULL) == 0);
    EXPECT(noted == "cancelled 7");
}

static int throws_out_of_a_scope(void *)
{
    try {
        CEDE_SCOPE(s, cede_in(CEDE_SEC));
        throw 7;
    } catch (int) {
    }
    return cede_sleep(CEDE_MS);
}

CASE(an_exception_out_of_a_scope_leaves_it)
{
    EXPECT(cede_run(throws_out_of_a_scope, NULL) == 0);
}

CASES
