/* SPDX-License-Identifier: MIT
 *
 * seeds_cases.c - with which parameters each sample program is run.
 *
 * The first case of a program has the document's parameters and names the
 * captured output; the others have none, and are compared with what expect_*.c
 * computes.  "@quotes" is the file of stock quotes, "@csv-1" and "@csv-2" are
 * files that the test writes.
 */
#include "seeds_cases.h"

#include "expect.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define DOCUMENT(program, capture, fn, ...)                                    \
    {                                                                          \
        program, capture, expect_##fn, ARGS(__VA_ARGS__), EXACTLY              \
    }
#define OTHER(program, fn, ...)                                                \
    {                                                                          \
        program, NULL, expect_##fn, ARGS(__VA_ARGS__), EXACTLY                 \
    }
#define BY_SYMBOL(program, fn, ...)                                            \
    {                                                                          \
        program, NULL, expect_##fn, ARGS(__VA_ARGS__), ORDER_OF_SYMBOLS        \
    }
#define REAL_TIME(program, fn, ...)                                            \
    {                                                                          \
        program, NULL, expect_##fn, ARGS(__VA_ARGS__), EXACTLY                 \
    }
#define REAL_LOOP(program, fn, ...)                                            \
    {                                                                          \
        program, NULL, expect_##fn, ARGS(__VA_ARGS__), SLEEPERS                \
    }

#define VIRTUAL "--clock", "virtual"
#define REAL "--clock", "real"

const struct seed_case seed_cases[] = {
    DOCUMENT("s000_01_stock_sma", "s000_01_stock_sma", s000_01, "@quotes", "10",
             "8"),
    OTHER("s000_01_stock_sma", s000_01, "@csv-1", "5", "1"),
    OTHER("s000_01_stock_sma", s000_01, "@csv-2", "2", "100"),
    OTHER("s000_01_stock_sma", s000_01, "@csv-1", "10", "0"),
    BY_SYMBOL("s000_01_stock_sma", s000_01, "@quotes", "10", "8",
              "--per-symbol"),
    BY_SYMBOL("s000_01_stock_sma", s000_01, "@csv-1", "2", "3", "--per-symbol"),
    OTHER("s000_01_stock_sma", s000_01, "@quotes", "10", "8", "--fail-after",
          "100"),
    OTHER("s000_01_stock_sma", s000_01, "@csv-2", "1", "1", "--fail-after",
          "0"),

    DOCUMENT("s000_02_genexpr_squares", "s000_02_genexpr_squares", s000_02,
             "1,2,3,4,5,6,7,8,9,10", "3", "DEFAULT", "1,2,3", "10"),
    OTHER("s000_02_genexpr_squares", s000_02, "12,-5,7", "1", "nothing", "4,5",
          "-3"),
    OTHER("s000_02_genexpr_squares", s000_02, "100000,2", "4", "over", "9",
          "7"),

    DOCUMENT("s000_03_not_a_list", "s000_03_not_a_list", s000_03, "5", "3"),
    OTHER("s000_03_not_a_list", s000_03, "12", "0"),
    OTHER("s000_03_not_a_list", s000_03, "7", "8"),

    DOCUMENT("s000_04_pipeline", "s000_04_pipeline", s000_04,
             "IBM 100,MSFT 20,IBM 102", "IBM", "a,b,c"),
    OTHER("s000_04_pipeline", s000_04, "A 1.5,B 2.25,B 3.5,A 8,C 1", "B",
          "only"),
    OTHER("s000_04_pipeline", s000_04, "X 7", "Y", "q,r,s,t,u,v"),

    DOCUMENT("s000_05_close_generatorexit", "s000_05_close_generatorexit",
             s000_05, "data", "cleanup failed"),
    OTHER("s000_05_close_generatorexit", s000_05, "something else",
          "disk full"),
    OTHER("s000_05_close_generatorexit", s000_05, "x", "100 % wrong"),

    DOCUMENT("s000_06_deferred_execution", "s000_06_deferred_execution",
             s000_06, "1,2"),
    OTHER("s000_06_deferred_execution", s000_06, "7"),
    OTHER("s000_06_deferred_execution", s000_06, "5,4,3,2,-1"),

    DOCUMENT("s000_07_stopiteration_signal", "s000_07_stopiteration_signal",
             s000_07, "3", "boo", "boom"),
    OTHER("s000_07_stopiteration_signal", s000_07, "1", "why", "bang"),
    OTHER("s000_07_stopiteration_signal", s000_07, "50", "no reason", "%s"),

    DOCUMENT("s000_08_yield_from_chain", "s000_08_yield_from_chain", s000_08,
             "[1,2]", "3", "0", "4"),
    OTHER("s000_08_yield_from_chain", s000_08, "[]", "after", "first", "last"),
    OTHER("s000_08_yield_from_chain", s000_08, "[a,-1,b,2.5,c]", "7", "x", "9"),

    DOCUMENT("s000_09_next_value", "s000_09_next_value", s000_09,
             "101.5,102.25,99.0", "4", "None"),
    OTHER("s000_09_next_value", s000_09, "0.1,2.5", "5", "over"),
    OTHER("s000_09_next_value", s000_09, "3.75,1234.5,0.001,17", "3", "None"),

    DOCUMENT("s000_10_send", "s000_10_send", s000_10, "1", "A", "B", "ack",
             "bye", "0", "None", "None", "5", "None"),
    OTHER("s000_10_send", s000_10, "early", "first", "2nd", "seen", "ciao", "7",
          "None", "3", "None", "None", "4"),
    OTHER("s000_10_send", s000_10, "0", "17", "18", "yes", "-1", "start",
          "None", "x"),

    DOCUMENT("s000_11_coroutine_pipeline", "s000_11_coroutine_pipeline",
             s000_11, "python", "hello java,hello python", "b", "abc,xyz", "1",
             "2"),
    OTHER("s000_11_coroutine_pipeline", s000_11, "a",
          "banana,cherry,apple,kiwi", "kl", "kl,k,l,aklb", "7"),
    OTHER("s000_11_coroutine_pipeline", s000_11, "none", "of,these", "x",
          "x,y,x", "one", "2", "three"),

    DOCUMENT("s000_15_event_loop_consumer", "s000_15_event_loop_consumer",
             s000_15, "3", "a,b", "a2"),
    OTHER("s000_15_event_loop_consumer", s000_15, "1", "x", "y"),
    OTHER("s000_15_event_loop_consumer", s000_15, "700", "c,b,a,b", "then"),

    DOCUMENT("s000_16_memory", "s000_16_memory", s000_16, "300000", "8192",
             "1048576"),
    OTHER("s000_16_memory", s000_16, "--calls", "1000", "8192", "1048576"),
    OTHER("s000_16_memory", s000_16, "--calls", "100000", "4096", "524288"),

    DOCUMENT("s001_01_for_list", "s001_01_for_list", s001_01, "1,2,3",
             "no more"),
    OTHER("s001_01_for_list", s001_01, "9,-8", "over"),
    OTHER("s001_01_for_list", s001_01, "4,4,4,5,4", "x"),

    DOCUMENT("s001_02_for_desugared", "s001_02_for_desugared", s001_02,
             "[1,2,3]", "abc", "(4,5)", "5"),
    OTHER("s001_02_for_desugared", s001_02, "xy", "[7]", "2.5"),
    OTHER("s001_02_for_desugared", s001_02, "(a,1,b)", "None"),

    DOCUMENT("s001_03_virtual_sequences", "s001_03_virtual_sequences", s001_03,
             "a,b", "1,2", "c,3", "l1,l2"),
    OTHER("s001_03_virtual_sequences", s001_03, "x,y,z", "3,one,7", "w,0",
          "first,second,third"),
    OTHER("s001_03_virtual_sequences", s001_03, "key", "value", "a,b",
          "a single line"),

    DOCUMENT("s001_04_enumerate_identity", "s001_04_enumerate_identity",
             s001_04, "a,b", "3", "end"),
    OTHER("s001_04_enumerate_identity", s001_04, "p,q,r,s", "4", "over"),
    OTHER("s001_04_enumerate_identity", s001_04, "x", "5", "none"),

    DOCUMENT("s001_05_range_while", "s001_05_range_while", s001_05, "0", "10",
             "1"),
    OTHER("s001_05_range_while", s001_05, "10", "-11", "-4"),
    OTHER("s001_05_range_while", s001_05, "-3", "40", "7"),

    DOCUMENT("s001_06_fib_infinite", "s001_06_fib_infinite", s001_06, "0", "1",
             "6", "6"),
    OTHER("s001_06_fib_infinite", s001_06, "2", "1", "1", "20"),
    OTHER("s001_06_fib_infinite", s001_06, "-5", "3", "9", "0"),

    DOCUMENT("s001_07_squares_finite", "s001_07_squares_finite", s001_07, "10"),
    OTHER("s001_07_squares_finite", s001_07, "1"),
    OTHER("s001_07_squares_finite", s001_07, "300"),

    DOCUMENT("s001_08_averager", "s001_08_averager", s001_08, "10", "10,20,60"),
    OTHER("s001_08_averager", s001_08, "1", "0.5,-0.25,7"),
    OTHER("s001_08_averager", s001_08, "-3", "1,2,4,8,16,32,1,1"),

    DOCUMENT("s001_09_return_value", "s001_09_return_value", s001_09, "5",
             "10"),
    OTHER("s001_09_return_value", s001_09, "-7", "0"),
    OTHER("s001_09_return_value", s001_09, "123456789", "2147483647"),

    DOCUMENT("s001_10_averager2", "s001_10_averager2", s001_10, "3,10,34,3"),
    OTHER("s001_10_averager2", s001_10, "7.5"),
    OTHER("s001_10_averager2", s001_10, "1,2,3,4,5,6,7.25"),

    DOCUMENT("s001_11_throw", "s001_11_throw", s001_11, "34,343444", "hi",
             "not handled", "handled"),
    OTHER("s001_11_throw", s001_11, "1,two,3.5", "a,b,c", "division", "fine"),
    OTHER("s001_11_throw", s001_11, "x", "5", "what now", "17"),

    DOCUMENT("s001_12_sleep_loop", "s001_12_sleep_loop", s001_12, VIRTUAL,
             "0.01", "2", "3"),
    OTHER("s001_12_sleep_loop", s001_12, VIRTUAL, "0.25", "4", "1.5", "2.5"),
    OTHER("s001_12_sleep_loop", s001_12, VIRTUAL, "0.5", "3", "3", "7", "1",
          "3600"),
    REAL_LOOP("s001_12_sleep_loop", s001_12, REAL, "0.001", "0.06", "0.1"),

    DOCUMENT("s001_13_states", "s001_13_states", s001_13, "y1", "y2", "7"),
    OTHER("s001_13_states", s001_13, "one", "two", "-12"),
    OTHER("s001_13_states", s001_13, "a", "b", "0"),

    DOCUMENT("s002_01_yield_from_string", "s002_01_yield_from_string", s002_01,
             "hello", "2"),
    OTHER("s002_01_yield_from_string", s002_01, "x", "5"),
    OTHER("s002_01_yield_from_string", s002_01, "a longer text", "9"),

    DOCUMENT("s002_03_yield_from_generator", "s002_03_yield_from_generator",
             s002_03, "h,e", "1"),
    OTHER("s002_03_yield_from_generator", s002_03, "one", "-7"),
    OTHER("s002_03_yield_from_generator", s002_03, "x,y,z,x", "2147483647"),

    DOCUMENT("s002_05_without_yield_from", "s002_05_without_yield_from",
             s002_05, "h,e", "1,2"),
    OTHER("s002_05_without_yield_from", s002_05, "x,y,z", "5"),
    OTHER("s002_05_without_yield_from", s002_05, "only", "0,30,3"),

    DOCUMENT("s002_07_yield_from_depth", "s002_07_yield_from_depth", s002_07,
             "h,e", "leaf", "1,10,500"),
    OTHER("s002_07_yield_from_depth", s002_07, "h,e", "leaf", "1,10,500,5000"),
    OTHER("s002_07_yield_from_depth", s002_07, "z,y,x", "the end", "0,77,1"),

    DOCUMENT("s002_08_yield_from_return", "s002_08_yield_from_return", s002_08,
             "I'm not done, hitting pause", "1"),
    OTHER("s002_08_yield_from_return", s002_08, "wait", "0"),
    OTHER("s002_08_yield_from_return", s002_08, "100 %", "2147483647"),

    DOCUMENT("s002_09_network_io", "s002_09_network_io", s002_09, VIRTUAL,
             "0.01", "2", "3", "200"),
    DOCUMENT("s002_09_network_io", "s002_10_network_io3", s002_09, VIRTUAL,
             "0.01", "3", "3", "200"),
    OTHER("s002_09_network_io", s002_09, VIRTUAL, "0.5", "1", "7.5", "404"),
    OTHER("s002_09_network_io", s002_09, VIRTUAL, "0.25", "40", "7200", "301"),
    REAL_TIME("s002_09_network_io", s002_09, REAL, "0.001", "3", "0.05", "200"),

    OTHER("s002_09_real_servers", s002_09_real, VIRTUAL, "0", "0", "200",
          "1,2,3,1000", "3"),
    OTHER("s002_09_real_servers", s002_09_real, VIRTUAL, "0", "0", "200",
          "1,4,40", "0.1,3600,0.05,7.5"),
    OTHER("s002_09_real_servers", s002_09_real, VIRTUAL, "0", "2.5", "404",
          "1,2,3,1000", "2,86400,2.25"),
    OTHER("s002_09_real_servers", s002_09_real, VIRTUAL, "0", "0", "200",
          "3,1000", "0.1,0.05!,0.1"),
    REAL_TIME("s002_09_real_servers", s002_09_real, REAL, "20", "0", "200",
              "1,2,3,100", "0.03,0.05"),
    REAL_TIME("s002_09_real_servers", s002_09_real, REAL, "20", "0.1", "200",
              "3", "0.01,60,0.02!"),

#ifdef __SANITIZE_THREAD__ /* gcc's carries no 10,000 stacks */
    OTHER("s002_11_max_not_sum", s002_11, VIRTUAL,
          "1000,10000,1000000,1000000000", "2", "1", "0.2", "0",
          "1,10,1000,6000"),
#else
    DOCUMENT("s002_11_max_not_sum", "s002_11_max_not_sum", s002_11, VIRTUAL,
             "1000,10000,1000000,1000000000", "2", "1", "0.2", "0",
             "1,10,1000,10000"),
#endif
    OTHER("s002_11_max_not_sum", s002_11, VIRTUAL, "7,123456", "5", "42",
          "3600", "0", "3,200"),
    OTHER("s002_11_max_not_sum", s002_11, VIRTUAL, "1", "1", "7", "0.5", "0",
          "2,500,1"),
    REAL_TIME("s002_11_max_not_sum", s002_11, REAL, "10", "3", "1", "0.1", "20",
              "1,100"),

    DOCUMENT("s002_12_yield_from_needs_iterable",
             "s002_12_yield_from_needs_iterable", s002_12, "5", "()", "after"),
    OTHER("s002_12_yield_from_needs_iterable", s002_12, "2.5", "[1,a]", "x"),
    OTHER("s002_12_yield_from_needs_iterable", s002_12, "None", "(3,4,5)", "6"),

    DOCUMENT("s002_13_delegation_transparent", "s002_13_delegation_transparent",
             s002_13, "1", "stop", "inner result", "v", "waiting",
             "connection reset", "[1,2]", "x"),
    OTHER("s002_13_delegation_transparent", s002_13, "first", "enough", "done",
          "not so", "hold on", "no route", "[a,3.5,b]", "-4"),
    OTHER("s002_13_delegation_transparent", s002_13, "[1,2]", "end", "7", "%d",
          "soon", "it's gone", "[-1,0]", "None of it"),

    DOCUMENT("s002_14_blocking_vs_async", "s002_14_blocking_vs_async", s002_14,
             VIRTUAL, "0", "0.1,0.1,0.1", "0.1,0.05!,0.1", "I/O failed"),
    OTHER("s002_14_blocking_vs_async", s002_14, VIRTUAL, "0", "5,2.5",
          "3!,7.5,1.25!,0.5", "reset by peer"),
    OTHER("s002_14_blocking_vs_async", s002_14, VIRTUAL, "0", "3600", "60",
          "never"),
    REAL_TIME("s002_14_blocking_vs_async", s002_14, REAL, "20", "0.03,0.02",
              "0.05,0.01!", "I/O failed"),

    DOCUMENT("s003_01_countdown", "s003_01_countdown", s003_01, "10", "10",
             "3"),
    OTHER("s003_01_countdown", s003_01, "4", "1", "0"),
    OTHER("s003_01_countdown", s003_01, "77", "0", "12"),

    DOCUMENT("s003_03_receiver", "s003_03_receiver", s003_03, "43", "[1,2,3]",
             "Hello"),
    OTHER("s003_03_receiver", s003_03, "(a,2)", "None", "2.5"),
    OTHER("s003_03_receiver", s003_03, "[]", "text with spaces", "-1", "0",
          "[x]"),

    DOCUMENT("s003_04_four_operations", "s003_04_four_operations", s003_04,
             "first", "1", "bad"),
    OTHER("s003_04_four_operations", s003_04, "hello", "some text", "not good"),
    OTHER("s003_04_four_operations", s003_04, "0", "2.5", "x"),

    DOCUMENT("s003_05_return_in_generator", "s003_05_return_in_generator",
             s003_05, "5", "Hi there", "(1,2)"),
    OTHER("s003_05_return_in_generator", s003_05, "text", "bye", "(a,b,3)"),
    OTHER("s003_05_return_in_generator", s003_05, "-1", "0", "[7,8]"),

    DOCUMENT("s003_06_yieldfrom", "s003_06_yieldfrom", s003_06, "1,2,3",
             "4,5,6"),
    OTHER("s003_06_yieldfrom", s003_06, "-7", "8,9"),
    OTHER("s003_06_yieldfrom", s003_06, "", "5,4,3,2,1"),

    DOCUMENT("s003_08_open_lock_with", "s003_08_open_lock_with", s003_08, "hi",
             "k", "fall", "return", "raise"),
    OTHER("s003_08_open_lock_with", s003_08, "some text", "a key", "raise"),
    OTHER("s003_08_open_lock_with", s003_08, "0", "its", "return", "raise",
          "raise", "through"),

    DOCUMENT("s003_09_contextmanager_class", "s003_09_contextmanager_class",
             s003_09, "body failed", "1", "0", "enter failed"),
    OTHER("s003_09_contextmanager_class", s003_09, "no", "6", "3", "closed"),
    OTHER("s003_09_contextmanager_class", s003_09, "it's 100 %s", "0", "0",
          "%d"),

    DOCUMENT("s003_10_contextmanager_generator",
             "s003_10_contextmanager_generator", s003_10, "body failed", "body",
             "suppressed", "translated", "user's own"),
    OTHER("s003_10_contextmanager_generator", s003_10, "no", "in the block",
          "nothing", "%s", "mine"),

    DOCUMENT("s003_12_future_blocking", "s003_12_future_blocking", s003_12, "8",
             "2", "3", "0.01", "0.2"),
    OTHER("s003_12_future_blocking", s003_12, "1", "40", "-40", "0", "0"),
    OTHER("s003_12_future_blocking", s003_12, "3", "-1", "2147483647", "0.05",
          "0.001"),

    DOCUMENT("s003_13_future_callback", "s003_13_future_callback", s003_13, "8",
             "2", "3", "5", "0,1,2"),
    OTHER("s003_13_future_callback", s003_13, "1", "1000000", "0", "0",
          "7,7,-1,3,12,5"),
    OTHER("s003_13_future_callback", s003_13, "2", "-3", "3", "40", ""),

    DOCUMENT("s003_14_future_exception", "s003_14_future_exception", s003_14,
             "1", "inside worker", "next job"),
    OTHER("s003_14_future_exception", s003_14, "1", "100 %s", "17"),
    OTHER("s003_14_future_exception", s003_14, "4", "it's gone", "x"),

    DOCUMENT("s003_15_task_v1", "s003_15_task_v1", s003_15, VIRTUAL, "8", "1",
             "2", "10"),
    OTHER("s003_15_task_v1", s003_15, REAL, "1", "0", "0", ""),
    OTHER("s003_15_task_v1", s003_15, VIRTUAL, "3", "100", "-99",
          "1,2,3,4,5,6,7,8,9,1000000"),

    DOCUMENT("s003_16_recursion", "s003_16_recursion", s003_16, VIRTUAL, "5000",
             "5000", "1000", "100", "8", "0.0005"),
    OTHER("s003_16_recursion", s003_16, VIRTUAL, "2000", "40000", "1000", "100",
          "1", "0"),
    OTHER("s003_16_recursion", s003_16, VIRTUAL, "7", "0", "1000", "200", "3",
          "0.01"),
    REAL_TIME("s003_16_recursion", s003_16, REAL, "100", "100", "99", "100",
              "2", "0.0005"),

    DOCUMENT("s003_17_task_future", "s003_17_task_future", s003_17, VIRTUAL,
             "8", "2", "3", "0.2", "already"),
    OTHER("s003_17_task_future", s003_17, VIRTUAL, "1", "77", "-70", "0",
          "a text", "--where"),
    OTHER("s003_17_task_future", s003_17, REAL, "2", "0", "0", "0.01", "0",
          "--where"),

    DOCUMENT("s003_18_task_errors", "s003_18_task_errors", s003_18, VIRTUAL,
             "2", "I/O error", "5"),
    OTHER("s003_18_task_errors", s003_18, REAL, "1", "100 % wrong", "0"),
    OTHER("s003_18_task_errors", s003_18, VIRTUAL, "5", "it's gone",
          "2147483647"),

    DOCUMENT("s004_01_count_async", "s004_01_count_async", s004_01, VIRTUAL,
             "3", "1", "One", "Two", "count_async.py"),
    OTHER("s004_01_count_async", s004_01, VIRTUAL, "700", "86400", "here",
          "there", "It"),
    OTHER("s004_01_count_async", s004_01, VIRTUAL, "0", "5", "a", "b", "c"),
    REAL_TIME("s004_01_count_async", s004_01, REAL, "4", "0.05", "x", "y", "z"),

    DOCUMENT("s004_02_rand_async", "s004_02_rand_async", s004_02, VIRTUAL,
             "0.02", "100", "10", "9,8,7"),
    OTHER("s004_02_rand_async", s004_02, VIRTUAL, "3600", "7", "999",
          "900,3,990,500"),
    OTHER("s004_02_rand_async", s004_02, VIRTUAL, "0.5", "1", "1", "-1,0"),

    DOCUMENT("s004_03_awaitables", "s004_03_awaitables", s004_03, VIRTUAL,
             "coroutine", "future", "custom", "a future can be awaited again"),
    OTHER("s004_03_awaitables", s004_03, REAL, "one", "two", "3", "100 %s"),

    OTHER("s004_04_outside", s004_04, "item", "get,put,gather,join,go,body"),
    OTHER("s004_04_outside", s004_04, "7", "body,get,get"),

    DOCUMENT("s004_05_run", "s004_05_run", s004_05, "42", "main failed",
             "main done"),
    OTHER("s004_05_run", s004_05, "0", "no", "that was all"),
    OTHER("s004_05_run", s004_05, "2147483647", "100 %s", "x"),

    DOCUMENT("s004_06_gather", "s004_06_gather", s004_06, VIRTUAL, "0.01",
             "a,b,c", "3,1,2", "dup", "slow", "first", "second", "x"),
    OTHER("s004_06_gather", s004_06, VIRTUAL, "3600", "one,two,three,four,five",
          "5,4,1,2,3", "same", "it", "no", "nor", "this"),
    OTHER("s004_06_gather", s004_06, REAL, "0.02", "x,y", "0,1", "a", "b", "c",
          "d", "e"),

    DOCUMENT("s004_08_sleep", "s004_08_sleep", s004_08, VIRTUAL, "0.01",
             "hello", "None", "neg", "a,b", "3", "0.1", "0.03,0.01,0.02"),
    OTHER("s004_08_sleep", s004_08, VIRTUAL, "86400", "1", "2.5", "x",
          "p,q,r,s,t", "7", "3600", "5,4.5,0.25,1000,3"),
    REAL_TIME("s004_08_sleep", s004_08, REAL, "0.01", "a", "b", "c", "x", "2",
              "0.05", "0.1,0.05", "20"),

    DOCUMENT("s004_09_never_awaited", "s004_09_never_awaited", s004_09, VIRTUAL,
             "result"),
    OTHER("s004_09_never_awaited", s004_09, REAL, "0"),

    DOCUMENT("s004_10_async_generator", "s004_10_async_generator", s004_10,
             VIRTUAL, "0.001", "3", "5", "S", "v", "closed"),
    OTHER("s004_10_async_generator", s004_10, VIRTUAL, "3600", "7", "3", "text",
          "wrong", "over"),
    OTHER("s004_10_async_generator", s004_10, VIRTUAL, "0", "1", "9", "17",
          "no way", "0"),
    REAL_TIME("s004_10_async_generator", s004_10, REAL, "0.001", "2", "4", "a",
              "b", "c"),

    DOCUMENT("s004_13_cooperative", "s004_13_cooperative", s004_13, VIRTUAL,
             "10", "100"),
    OTHER("s004_13_cooperative", s004_13, VIRTUAL, "300", "7"),
    OTHER("s004_13_cooperative", s004_13, REAL, "1", "1000"),

    DOCUMENT("s004_14_blocking_forbids_others",
             "s004_14_blocking_forbids_others", s004_14, VIRTUAL, "0.01", "0.1",
             "5", "division by zero"),
    OTHER("s004_14_blocking_forbids_others", s004_14, VIRTUAL, "3600", "0.02",
          "1000", "100 %s"),
    OTHER("s004_14_blocking_forbids_others", s004_14, REAL, "60", "0.02", "1",
          "no"),

    DOCUMENT("s004_15_three_models", "s004_15_three_models", s004_15, VIRTUAL,
             "8", "0.1", "4", "1000"),
    OTHER("s004_15_three_models", s004_15, VIRTUAL, "1", "0", "1", "0"),
    OTHER("s004_15_three_models", s004_15, REAL, "30", "0.01", "2", "100000"),

    DOCUMENT("s004_19_optional_keywords", "s004_19_optional_keywords", s004_19,
             VIRTUAL, "1"),
    OTHER("s004_19_optional_keywords", s004_19, REAL, "2147483647"),

    DOCUMENT("r01_hello_callback", "r01_hello_callback", r_01, VIRTUAL,
             "Hello World", "0.02", "4"),
    OTHER("r01_hello_callback", r_01, VIRTUAL, "again", "3600", "50"),
    OTHER("r01_hello_callback", r_01, REAL, "once", "0.5", "1"),

    DOCUMENT("r02_hello_coroutine", "r02_hello_coroutine", r_02, VIRTUAL,
             "Hello World", "0.02", "0.05"),
    OTHER("r02_hello_coroutine", r_02, VIRTUAL, "again", "60", "3601"),
    OTHER("r02_hello_coroutine", r_02, VIRTUAL, "once", "5", "3"),

    DOCUMENT("r03_fetch_local", "r03_fetch_local", r_03, VIRTUAL, "/0,/1,/2",
             "HTTP/1.0 200 OK", "h1"),
    OTHER("r03_fetch_local", r_03, REAL, "/", "HTTP/1.0 404 Not Found", "b"),
    OTHER("r03_fetch_local", r_03, VIRTUAL, "/a/long/path,/b,/c,/d,/e",
          "HTTP/1.1 200 Fine", "title"),
};

const size_t seed_cases_n = sizeof seed_cases / sizeof seed_cases[0];
