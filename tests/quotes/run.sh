#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh - the tests of cede-quotes.
#
#     tests/quotes/run.sh PROGRAM [CASE]...
#
# Every function test_CASE is a statement about the program; without CASE all
# are checked.  A failed check says what was expected and ends its case.
# Status: 0, 1 if a case failed, 77 if the only case cannot be checked here.
set -u

program=$(realpath "$1")
shift
here=$(cd "$(dirname "$0")" && pwd)
stocks=$here/../../examples/quotes/stocks.csv
expected=$here/stocks-sma10.expected.csv

# ---- checks ---------------------------------------------------------------

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

skip() {
    echo "skipped: $*"
    exit 77
}

# Run the program; its output is in ./out and ./err, its status in $status.
quotes() {
    status=0
    "$program" "$@" >out 2>err || status=$?
}

status_is() {
    [ "$status" = "$1" ] || fail "status $status, not $1; err: $(head -3 err)"
}

same() {
    cmp "$1" "$2" >&2 || fail "$1 differs: $(diff "$1" "$2" | head -5)"
}

out_is() {
    printf '%s\n' "$@" >want
    same out want
}

err_is() {
    printf '%s\n' "$@" >want
    same err want
}

no_errors() {
    [ ! -s err ] || fail "standard error says: $(head -3 err)"
    status_is 0
}

err_has() {
    grep -qF -- "$1" err || fail "no '$1' in: $(head -3 err)"
}

# One file per symbol of the bundled data, in the given folder.
split_stocks() {
    mkdir -p "$1"
    awk -F, -v folder="$1" 'NR == 1 { head = $0; next }
        { file = folder "/" $1 ".csv" }
        !seen[$1]++ { print head >file }
        { print >file }' "$stocks"
}

# The bundled quotes n times, without a header, every line ended.
many_quotes() {
    for ((i = 0; i < $1; i++)); do
        tail -n +2 "$stocks"
        echo
    done
}

# What the program should print for plain prices with at most two decimals,
# computed another way: the sum afresh for every row, in integers.
reference() {
    awk -F, -v N="$1" 'NR == 1 { print "symbol,date,price,sma" N; next }
    {
        split($3 "." , part, ".")
        n = ++count[$1]
        cents[$1, n] = part[1] * 100 + substr(part[2] "00", 1, 2)
        if (n < N) { print $0 ","; next }
        sum = 0
        for (i = n - N + 1; i <= n; i++) sum += cents[$1, i]
        q = int(sum * 10 / N)
        twice = 2 * (sum * 10 - q * N)
        if (twice > N || (twice == N && q % 2)) q++
        printf "%s,%d.%03d\n", $0, int(q / 1000), q % 1000
    }' "$2"
}

# ---- averages -------------------------------------------------------------

test_bundled_file_gives_the_expected_bytes() {
    quotes --window 10 "$stocks"
    no_errors
    same out "$expected"
}

test_ten_is_the_default_window() {
    quotes "$stocks"
    no_errors
    same out "$expected"
}

test_standard_input_is_read_without_a_file() {
    "$program" <"$stocks" >out 2>err || fail "status $?"
    same out "$expected"
    cat "$stocks" | "$program" - >out 2>err || fail "status $?"
    same out "$expected"
}

test_windows_agree_with_another_computation() {
    for window in 1 2 3 7 9 10 11 16 17 32 68 123; do
        quotes --window $window "$stocks"
        no_errors
        reference $window "$stocks" >want
        same out want
    done
}

test_window_larger_than_the_file_leaves_averages_empty() {
    quotes --window 1000000 "$stocks"
    no_errors
    [ "$(grep -c ',$' out)" = 560 ] || fail "some average is not empty"
}

test_five_files_keep_the_order_of_each_symbol() {
    split_stocks files
    quotes files/*.csv
    no_errors
    [ "$(wc -l <out)" = 561 ] || fail "$(wc -l <out) lines"
    for symbol in MSFT AMZN IBM GOOG AAPL; do
        grep "^$symbol," out >is
        grep "^$symbol," "$expected" >want
        same is want
    done
}

test_five_files_are_read_concurrently() {
    split_stocks files
    quotes files/*.csv
    no_errors
    changes=$(tail -n +2 out | cut -d, -f1 | uniq | wc -l)
    [ "$changes" -gt 5 ] || fail "files came one after another"
}

test_more_files_than_producers() {
    for i in $(seq 100); do
        printf 'symbol,date,price\nS%d,d,%d\nS%d,e,%d\n' $i $i $i $((i + 1))
    done | awk 'NR % 3 == 1 { close(f); f = sprintf("f%03d.csv", ++n) }
                { print >f }'
    quotes --window 2 f*.csv
    no_errors
    [ "$(wc -l <out)" = 201 ] || fail "$(wc -l <out) lines"
    grep -qx 'S77,e,78,77.500' out || fail "S77 is missing"
}

test_halves_are_rounded_to_even() {
    printf '%s\n' symbol,date,price A,1,0.001 A,2,0.002 A,3,0.003 A,4,0.004 \
        A,5,-0.001 A,6,-0.004 A,7,0.0001 A,8,0.0001 >in.csv
    quotes --window 2 in.csv
    no_errors
    out_is symbol,date,price,sma2 A,1,0.001, A,2,0.002,0.002 \
        A,3,0.003,0.002 A,4,0.004,0.004 A,5,-0.001,0.002 A,6,-0.004,-0.002 \
        A,7,0.0001,-0.002 A,8,0.0001,0.000
}

test_four_decimals_are_rounded_exactly() {
    printf '%s\n' symbol,date,price A,1,1.2345 A,2,1.2335 A,3,1.2355 \
        A,4,1.2346 A,5,-1.2345 A,6,-0.0004 >in.csv
    quotes --window 1 in.csv
    no_errors
    out_is symbol,date,price,sma1 A,1,1.2345,1.234 A,2,1.2335,1.234 \
        A,3,1.2355,1.236 A,4,1.2346,1.235 A,5,-1.2345,-1.234 \
        A,6,-0.0004,0.000
}

test_prices_are_printed_as_read() {
    printf '%s\n' symbol,date,price A,1,007.50 A,2,+1 A,3,.5 A,4,5. \
        A,5,-0 >in.csv
    quotes --window 1 in.csv
    no_errors
    out_is symbol,date,price,sma1 A,1,007.50,7.500 A,2,+1,1.000 \
        A,3,.5,0.500 A,4,5.,5.000 A,5,-0,0.000
}

test_sums_beyond_64_bits_are_exact() {
    {
        echo symbol,date,price
        for _ in $(seq 999); do echo A,d,1000000000000; done
        printf '%s\n' A,d,0.5 A,d,1000000000000 A,d,999999999999 A,d,-0.5
        for _ in $(seq 1000); do echo B,d,-1000000000000.0000; done
    } >in.csv
    quotes --window 1000 in.csv
    no_errors
    grep '\.[0-9][0-9][0-9]$' out >is
    printf '%s\n' A,d,0.5,999000000000.000 A,d,1000000000000,999000000000.000 \
        A,d,999999999999,999000000000.000 A,d,-0.5,997999999999.999 \
        B,d,-1000000000000.0000,-1000000000000.000 >want
    same is want
}

test_many_symbols() {
    awk -v many="${CEDE_TEST_STACKS:-10000}" 'BEGIN { print "symbol,date,price"
        for (k = 1; k <= 3; k++)
            for (i = 0; i < many; i++)
                printf "SYMBOL%d,%d,%d.%02d\n", i, k, i * k, i % 100 }' >in.csv
    quotes --window 2 in.csv
    no_errors
    reference 2 in.csv >want
    same out want
}

# ---- what people export ---------------------------------------------------

test_crlf_and_no_final_newline() {
    sed 's/$/\r/' "$stocks" | head -c -1 >in.csv
    quotes in.csv
    no_errors
    same out "$expected"
}

test_byte_order_mark_and_empty_lines_are_skipped() {
    { printf '\xef\xbb\xbf\r\n'; sed 's/$/\n/' "$stocks"; } >in.csv
    quotes in.csv
    no_errors
    same out "$expected"
}

test_byte_order_mark_without_a_header() {
    { printf '\xef\xbb\xbf'; tail -n +2 "$stocks"; } >in.csv
    quotes in.csv
    no_errors
    same out "$expected"
}

test_a_header_is_not_needed() {
    tail -n +2 "$stocks" >in.csv
    quotes in.csv
    no_errors
    same out "$expected"
}

test_columns_in_any_order_and_case() {
    awk -F, -v OFS=, 'NR == 1 { $1 = "Ticker"; $2 = "DATE"; $3 = "Close" }
        { print $3, "x", $1, $2, "" }' "$stocks" >in.csv
    quotes in.csv
    no_errors
    same out "$expected"
}

test_price_comes_before_close() {
    printf '%s\n' 'Adj Close,Close,Price,Date,Name' 1,2,3,d,A >in.csv
    quotes --window 1 in.csv
    no_errors
    out_is symbol,date,price,sma1 A,d,3,3.000
}

test_history_export_takes_the_symbol_from_the_file() {
    printf '%s\n' 'Date,Open,High,Low,Close,Adj Close,Volume' \
        2024-01-02,1.0,9.0,0.5,2.50,2.4,1000 \
        2024-01-03,1.0,9.0,0.5,3.50,2.4,1000 >BRK.B.csv
    quotes --window 2 ./BRK.B.csv
    no_errors
    out_is symbol,date,price,sma2 BRK.B,2024-01-02,2.50, \
        BRK.B,2024-01-03,3.50,3.000
    "$program" --window 1 <BRK.B.csv >out 2>err || fail "status $?"
    grep -qx 'stdin,2024-01-02,2.50,2.500' out || fail "not called stdin"
}

test_columns_are_chosen_by_name() {
    printf '%s\n' Day,Px,Ticker,Price d,1.5,A,9 >in.csv
    quotes --window 1 --columns symbol=ticker,date=DAY,price=Px in.csv
    no_errors
    out_is symbol,date,price,sma1 A,d,1.5,1.500
}

test_columns_are_chosen_by_number() {
    printf '%s\n' d,7,A,1.5 >in.csv
    quotes --window 1 --columns symbol=3,date=1,price=4 in.csv
    no_errors
    out_is symbol,date,price,sma1 A,d,1.5,1.500
    printf '%s\n' when,n,what,how d,7,A,1.5 >in.csv
    quotes --window 1 --columns symbol=3,date=1,price=4 in.csv
    no_errors
    out_is symbol,date,price,sma1 A,d,1.5,1.500
}

test_a_missing_column_is_named() {
    printf '%s\n' a,b,c 1,2,3 >in.csv
    quotes in.csv
    status_is 2
    err_is 'cede-quotes: in.csv:1: no column for the price (found: a,b,c;'"\
 name it with --columns price=…)"
    printf '%s\n' symbol,when,price A,d,3 >in.csv
    quotes in.csv
    status_is 2
    err_has 'in.csv:1: no column for the date (found: symbol,when,price; name'
    quotes --columns symbol=ticker,date=2 in.csv
    status_is 2
    err_has 'no column for the symbol'
    quotes --columns price=Close in.csv
    status_is 2
    err_has 'no column for the price'
}

test_quoted_fields() {
    cat >in.csv <<'END'
"symbol","date","price"
"A","Jan 1, 2000","1.5"
"say ""B""", d ,2
 "C" ,"two
lines","3"
D,5" pipe,4
"","d",5
E,"d",6
END
    quotes --window 1 in.csv
    status_is 1
    cat >want <<'END'
symbol,date,price,sma1
A,"Jan 1, 2000",1.5,1.500
"say ""B""",d,2,2.000
C,"two
lines",3,3.000
D,"5"" pipe",4,4.000
E,d,6,6.000
END
    same out want
    err_is 'in.csv:7: the symbol is empty' 'cede-quotes: 1 bad line skipped'
}

test_output_is_read_back_the_same() {
    printf '%s\n' symbol,date,price '"A,""B""","x, y",1' '"A,""B""",z,2' >in.csv
    quotes --window 2 in.csv
    no_errors
    cp out again.csv
    quotes --window 2 again.csv
    no_errors
    same out again.csv
}

test_quotes_in_one_block_leave_the_others_alone() {
    { many_quotes 10; echo '"Z","d","1"'; many_quotes 20; } >in.csv
    quotes in.csv
    no_errors
    grep -v '^Z' out >is
    many_quotes 30 >plain.csv
    quotes plain.csv
    no_errors
    same out is
}

test_fields_longer_than_a_quote_holds() {
    long=$(printf '%0200d' 7)
    printf '%s\n' symbol,date,price "S$long,d$long,1" "S$long,e,3" >in.csv
    quotes --window 2 in.csv
    no_errors
    out_is symbol,date,price,sma2 "S$long,d$long,1," "S$long,e,3,2.000"
}

test_empty_input_is_fine() {
    : >in.csv
    quotes in.csv
    no_errors
    out_is symbol,date,price,sma10
    echo symbol,date,price >in.csv
    quotes in.csv
    no_errors
    out_is symbol,date,price,sma10
}

# ---- bad lines ------------------------------------------------------------

# A file whose third line is $1: reported as $2, skipped, status 1.
bad_line() {
    printf 'symbol,date,price\nA,1,1\n%b\nA,3,3\n' "$1" >in.csv
    quotes --window 2 in.csv
    status_is 1
    err_is "in.csv:3: $2" 'cede-quotes: 1 bad line skipped'
    out_is symbol,date,price,sma2 A,1,1, A,3,3,2.000
}

test_bad_lines_are_named_counted_and_skipped() {
    bad_line 'A' 'column 2 (date) is missing'
    bad_line 'A,2' 'column 3 (price) is missing'
    bad_line 'A,2,' "price '' is not a number"
    bad_line 'A,2,abc' "price 'abc' is not a number"
    bad_line 'A,2,1.5x' "price '1.5x' is not a number"
    bad_line 'A,2,1e5' "price '1e5' is not a number"
    bad_line 'A,2,-' "price '-' is not a number"
    bad_line 'A,2,.' "price '.' is not a number"
    bad_line 'A,2,1.2.3' "price '1.2.3' is not a number"
    bad_line 'A,2,"1,234.50"' "price '1,234.50' is not a number"
    bad_line 'A,2,1.23456' "price '1.23456' has more than four decimals"
    bad_line 'A,2,1.00000' "price '1.00000' has more than four decimals"
    bad_line 'A,2,1000000000000.0001' \
        "price '1000000000000.0001' is over 10^12"
    bad_line 'A,2,-1000000000001' "price '-1000000000001' is over 10^12"
    bad_line 'A,2,99999999999999999999999999' \
        "price '99999999999999999999999999' is over 10^12"
    bad_line 'A,\0,2' 'line contains a NUL byte'
    bad_line 'A,"2,2' 'a quoted field does not end'
    bad_line 'A,"2"x,2' 'text follows a closing quotation mark'
    bad_line ',2,2' 'the symbol is empty'
    bad_line 'A,2,\x1b[2J' "price '?[2J' is not a number"
}

test_lines_up_to_4096_bytes_are_good() {
    long=$(head -c $((4096 - 4)) /dev/zero | tr '\0' d)
    printf 'symbol,date,price\nA,%s,1\r\nA,e,3\n' "$long" >in.csv
    quotes --window 2 in.csv
    no_errors
    out_is symbol,date,price,sma2 "A,$long,1," A,e,3,2.000
}

test_longer_lines_are_bad() {
    for more in 1 2 3 100000 1000000; do
        long=$(head -c $((4096 - 4 + more)) /dev/zero | tr '\0' d)
        bad_line "A,$long,1" 'line is longer than 4,096 bytes'
        printf 'symbol,date,price\nA,1,1\nA,%s,1' "$long" >in.csv
        quotes --window 2 in.csv
        status_is 1
        err_has 'in.csv:3: line is longer than 4,096 bytes'
    done
}

test_line_numbers_count_every_line_of_the_file() {
    printf '%s\n' symbol,date,price '' '"A","x' 'y",1' '' A,d,oops >in.csv
    quotes in.csv
    status_is 1
    err_is "in.csv:6: price 'oops' is not a number" \
        'cede-quotes: 1 bad line skipped'
}

test_every_bad_line_is_counted() {
    { echo symbol,date,price
      for i in $(seq 50); do echo A,$i,x; echo A,$i,$i; done; } >in.csv
    quotes --window 50 in.csv
    status_is 1
    [ "$(wc -l <err)" = 51 ] || fail "$(wc -l <err) lines of errors"
    err_has 'cede-quotes: 50 bad lines skipped'
    grep -qx 'A,50,50,25.500' out || fail "last average is wrong"
}

test_strict_stops_at_the_first_bad_line() {
    printf '%s\n' symbol,date,price A,1,1 A,2,x A,3,y >in.csv
    quotes --strict --window 1 in.csv
    status_is 1
    err_is "in.csv:3: price 'x' is not a number"
    out_is symbol,date,price,sma1 A,1,1,1.000
}

# ---- failures -------------------------------------------------------------

test_a_missing_file_fails() {
    quotes nowhere.csv
    status_is 2
    err_is 'cede-quotes: nowhere.csv: No such file or directory'
    [ ! -s out ] || fail "printed something"
}

test_a_missing_file_among_others_fails_after_them() {
    quotes "$stocks" nowhere.csv
    status_is 2
    err_is 'cede-quotes: nowhere.csv: No such file or directory'
}

test_a_directory_fails() {
    mkdir folder
    quotes folder
    status_is 2
    err_is 'cede-quotes: folder: Is a directory'
}

test_bad_options_fail_with_a_hint() {
    for bad in --nonsense --window --window=0 --window=x --window=1000001 \
        --window=1.5 --window= --speed=0 --speed=-1 --speed=nan --columns \
        --columns=price --columns=cost=3 --columns=price= --columns= \
        --columns=price=0 --columns=price=257 --chart; do
        quotes $bad
        status_is 2
        err_has "Try 'cede-quotes --help'."
        [ "$(wc -l <err)" = 2 ] || fail "$bad: $(cat err)"
        [ ! -s out ] || fail "$bad printed something"
    done
}

test_help_and_version() {
    quotes --help
    no_errors
    for option in window columns summary chart watch speed waits progress \
        no-progress strict help version; do
        grep -q -e "--$option" out || fail "--$option is not in the help"
    done
    quotes --version
    no_errors
    grep -Eqx 'cede-quotes [0-9]+\.[0-9]+\.[0-9]+' out || fail "$(cat out)"
}

test_a_full_disk_fails() {
    [ -c /dev/full ] || skip "there is no /dev/full"
    for options in "" --summary --watch\ --speed\ 100; do
        status=0
        "$program" $options "$stocks" >/dev/full 2>err || status=$?
        status_is 2
        err_is 'cede-quotes: standard output: No space left on device'
    done
}

test_a_full_disk_midway_cancels_many_producers() {
    [ -c /dev/full ] || skip "there is no /dev/full"
    long=$(printf '%0200d' 7)
    for i in 1 2 3 4 5; do
        awk -v s="S$long$i" 'BEGIN { print "symbol,date,price"
            for (i = 0; i < 3000; i++) print s ",d" i "," i }' >f$i.csv
    done
    status=0
    "$program" f?.csv >/dev/full 2>err || status=$?
    status_is 2
    err_is 'cede-quotes: standard output: No space left on device'
}

test_a_reader_that_goes_away_ends_it_quietly() {
    many_quotes 100 >in.csv
    "$program" in.csv 2>err | head -1 >out
    status=${PIPESTATUS[0]}
    no_errors
    out_is symbol,date,price,sma10
    "$program" --watch --speed 10 "$stocks" 2>err | head -1 >out
    status=${PIPESTATUS[0]}
    no_errors
}

# ---- other outputs --------------------------------------------------------

test_summary() {
    quotes --summary "$stocks"
    no_errors
    [ "$(wc -l <out)" = 6 ] || fail "$(wc -l <out) lines"
    grep -q '^symbol  *quotes  *first  *last  *last price  *sma10$' out ||
        fail "heading: $(head -1 out)"
    grep -q '^GOOG  *68  Aug 1 2004  Mar 1 2010  *560.19  *'"$(
        grep ^GOOG "$expected" | tail -1 | cut -d, -f4)"'  ▁' out ||
        fail "$(grep GOOG out)"
    grep -q '^MSFT  *123  Jan 1 2000  Mar 1 2010  *28.8  ' out ||
        fail "$(grep MSFT out)"
}

test_summary_with_few_quotes_has_no_average() {
    printf '%s\n' A,d,1 B,e,2.5 B,f,2.5 >in.csv
    quotes --summary --window 2 in.csv
    no_errors
    tail -2 out | tr -s ' ' >is
    printf '%s\n' 'A 1 d d 1 ▅' 'B 2 e f 2.5 2.500 ▅▅' >want
    same is want
}

test_chart_is_well_formed() {
    printf '%s\n' '"A<&>""",d,1' '"A<&>""",\xff,2' B,"d > e",3 >in.csv
    many_quotes 1 >>in.csv
    quotes --window 2 --chart chart.svg in.csv
    no_errors
    [ ! -s out ] || fail "printed something"
    for line in price average; do
        [ "$(grep -c "<polyline class=\"$line\"" chart.svg)" = 7 ] ||
            fail "not seven lines of class $line"
    done
    [ "$(grep -c '<g' chart.svg)" = "$(grep -c '</g>' chart.svg)" ] ||
        fail "groups do not match"
    tail -1 chart.svg | grep -qx '</svg>' || fail "not complete"
    points=$(grep -A99 '>GOOG<' chart.svg | grep -m1 -o '"price" points.*' |
        grep -o ',' | wc -l)
    [ "$points" = 68 ] || fail "$points points for GOOG"
    ! command -v xmllint >/dev/null || xmllint --noout chart.svg ||
        fail "not well-formed"
}

test_chart_into_nowhere_fails() {
    quotes --chart no/where.svg "$stocks"
    status_is 2
    err_is 'cede-quotes: no/where.svg: No such file or directory'
}

test_summary_and_chart_stay_small() {
    awk 'BEGIN { for (i = 0; i < 100000; i++)
        print "A," i "," i % 100 }' >in.csv
    quotes --summary --chart chart.svg in.csv
    no_errors
    grep -q '^A  *100000  0  *99999  *99  *94.500  ' out || fail "$(cat out)"
    [ "$(stat -c %s chart.svg)" -lt 100000 ] || fail "the chart is too large"
}

# ---- the replay -----------------------------------------------------------

test_watch_ends_with_what_was_proven() {
    quotes --watch --speed 20 "$stocks"
    no_errors
    tail -1 out >last
    grep -Eqx '5 feeds, waits added up [0-9.]+ s, took [0-9.]+ s; '"\
560 quotes in, 560 out, 0 lost; queue never above [1-8]" last ||
        fail "$(cat last)"
    [ "$(wc -l <out)" = 26 ] || fail "$(wc -l <out) lines of log"
    average=$(grep ^GOOG "$expected" | tail -1 | cut -d, -f4)
    grep -q "GOOG .* 68 of 68 .* sma10 $average\$" out || fail "GOOG"
    ! grep -q $'\033' out || fail "escape sequences in a log"
}

test_watch_takes_what_the_longest_feed_takes() {
    quotes --watch --speed 2 "$stocks"
    no_errors
    tail -1 out | sed 's/.*up \(.*\) s, took \(.*\) s;.*/\1 \2/' >times
    read -r waits took <times
    # One after another it would take as long as the waits; never less than
    # the longest feed.
    awk -v w="$waits" -v t="$took" 'BEGIN { exit !(t >= 0.9 && w > t &&
        w <= 5) }' || fail "waits $waits, took $took"
}

test_a_queue_that_is_full_makes_the_feeds_wait() {
    quotes --watch --speed 1000000 "$stocks"
    no_errors
    tail -1 out | grep -q '560 out, 0 lost; queue never above 8$' ||
        fail "$(tail -1 out)"
}

test_watch_of_separate_files() {
    split_stocks files
    quotes --watch --speed 50 files/*.csv
    no_errors
    tail -1 out | grep -q '^5 feeds.* 560 quotes in, 560 out, 0 lost;' ||
        fail "$(tail -1 out)"
}

test_watch_of_nothing() {
    : >in.csv
    quotes --watch in.csv
    no_errors
    grep -q '^0 feeds, .* 0 quotes in, 0 out, 0 lost' out || fail "$(cat out)"
}

# Run the program on a terminal of the given width; what it wrote: ./typed.
on_terminal() {
    command -v script >/dev/null || skip "script(1) is not installed"
    script -qec true /dev/null >/dev/null 2>&1 </dev/null ||
        skip "there are no pseudo-terminals here"
    local columns=$1
    shift
    script -qec "stty cols $columns rows 24; $*" typed >/dev/null </dev/null ||
        fail "status $?"
}

test_watch_draws_in_place_on_a_terminal() {
    on_terminal 120 "$program" --watch --speed 4 "$stocks"
    grep -q $'\033\\[6A' typed || fail "the cursor never moved up"
    grep -q '▲\|▼' typed || fail "no arrows"
    grep -q '▁\|█' typed || fail "no sparklines"
    grep -q '560 out, 0 lost; queue never above [1-8]' typed || fail "no proof"
    ! grep -q $'\033\\[?25' typed || fail "the cursor was hidden"
}

test_watch_obeys_no_color_and_the_width() {
    on_terminal 40 NO_COLOR=1 "$program" --watch --speed 4 "$stocks"
    ! grep -q $'\033\\[[0-9]*m' typed || fail "colors in spite of NO_COLOR"
    ! grep -q '123/' typed || fail "lines are wider than the terminal"
}

test_waits_take_as_long_as_one() {
    ! grep -q '__[at]san_init' "$program" || skip "too large with sanitizers"
    [ -z "${CEDE_EMULATED:-}" ] || skip "the limit would be the emulator's"
    status=0
    (ulimit -v 3000000; "$program" --waits) >out 2>err || status=$?
    no_errors
    [ "$(wc -l <out)" = 6 ] || fail "$(wc -l <out) lines"
    tr -s ' ' <out >is
    grep -Eq '^ 1 0\.2 s 0\.[2-9][0-9] s$' is || fail "$(sed -n 3p is)"
    grep -Eq '^ 1,000 3\.3 min [0-9]\.[0-9]* s$' is || fail "$(sed -n 4p is)"
    grep -Eq '^ 10,000 33\.3 min [0-9]\.[0-9]* s$' is || fail "$(sed -n 5p is)"
    grep -Eq '^ 1,000,000 55\.6 h ' is || fail "$(sed -n 6p is)"
}

test_progress_on_a_terminal() {
    awk 'BEGIN { for (i = 0; i < 300000; i++)
        print "ABC,2024-01-01," i % 1000 ".25" }' >in.csv
    local slowly='in.csv | { sleep 1; cat >/dev/null; }'
    on_terminal 80 "$program --progress $slowly"
    grep -q '\[#*\.*\] .* %  .* MB/s  .* left' typed || fail "no bar"
    grep -q $'\r\033\\[K$' typed || fail "the bar stays"
    on_terminal 80 "$program --no-progress $slowly"
    ! grep -q 'MB/s' typed || fail "a bar in spite of --no-progress"
}

test_progress_is_not_shown_otherwise() {
    quotes --progress "$stocks"
    no_errors
    on_terminal 80 "$program --progress $stocks >/dev/null"
    ! grep -q 'MB/s' typed || fail "a bar before half a second"
}

# ---- all of it ------------------------------------------------------------

[ $# -gt 0 ] || set -- $(declare -F | sed -n 's/^declare -f test_//p')
worst=0
for case in "$@"; do
    folder=$(mktemp -d)
    (cd "$folder" && "test_$case")
    case $? in
    0) ;;
    77) [ $# -gt 1 ] || worst=77 ;;
    *)
        echo "not so: $case" | tr _ ' ' >&2
        worst=1
        ;;
    esac
    rm -rf "$folder"
done
exit $worst
