# SPDX-License-Identifier: MIT
#
# extract.awk - the programs of a page, as files.
#
#     awk -v stem=NAME -v dir=FOLDER -v page=PATH -f extract.awk PATH
#
# Every ```c block is a program: FOLDER/NAME_01.c, a function doc_01() that runs
# what the block defines last, a task's function on the virtual clock or main.
# What it must print is the next ```text block, NAME_01.out; a ```python block
# before it, NAME_01.py, must print the same; asyncio is imported, and main() run
# unless the block does.  So must a ```java block, NAME_01.java, a ```go block,
# NAME_01.go, which gets its package clause and imports, and a program before it
# that includes pthread.h or uv.h and has a main, which gets a number of its own;
# without libuv, one of libuv's says that it is skipped.  FOLDER/NAME_main.c
# calls program N, when called with N.

function begin_program() {
    n++
    file = sprintf("%s/%s_%02d", dir, stem, n)
    code = last = ""
}

function end_program(    out) { # out is local
    if (last == "") {
        printf "%s:%d: this program has no function to run\n", page, NR
        failed = 1
        exit 1
    }
    if (!beside)
        first = n # of those that print the next text
    beside = last == "main" && code ~ /<(pthread|uv).h>/
    out = file ".c"
    print "#include \"doc.h\"" > out
    if (code ~ /<uv.h>/)
        end_of_uv(out)
    if (last == "main")
        print "#define main main_of_this\nstatic int main(void);" > out
    printf "#line 1 \"example.c\"\n%s", code > out
    printf "\nint doc_%02d(void);\nint doc_%02d(void)\n{\n", n, n > out
    printf "    return %s;\n}\n",
        last == "main" ? "main()" : "doc_run(" last ")" > out
    if (code ~ /<uv.h>/)
        print "#endif" > out
    close(out)
}

function end_of_uv(out) { # what it is without
    printf "#ifndef DOC_LIBUV\nint doc_%02d(void);\nint doc_%02d(void)\n{\n" \
           "    puts(\"skipped: there is no libuv\");\n    return 0;\n}\n" \
           "#else\n", n, n > out
}

function end_go(    out, packages, i) {
    out = sprintf("%s/%s_%02d.go", dir, stem, n + 1)
    print "package main\n" > out
    split("bufio context errors fmt io net os strings sync time", packages, " ")
    for (i = 1; i in packages; i++)
        if (code ~ "(^|[^a-z])" packages[i] "\\.[A-Z]")
            printf "import \"%s\"\n", packages[i] > out
    printf "\n%s", code > out
    close(out)
}

function end_text(    i, out) {
    for (i = first; i <= n; i++) {
        out = sprintf("%s/%s_%02d.out", dir, stem, i)
        printf "%s", text > out
        close(out)
    }
    beside = 0
}

/^```/ {
    if (state != "") {
        if (state == "c")
            end_program()
        if (state == "text")
            end_text()
        if (state == "go")
            end_go()
        if (state == "python" && !runs)
            print "\n\nasyncio.run(main())" > out
        if (out != "")
            close(out)
        state = out = ""
        next
    }
    state = substr($0, 4)
    if (state == "c") {
        begin_program()
    } else if (state == "python") {
        out = sprintf("%s/%s_%02d.py", dir, stem, n + 1)
        runs = 0
        print "import asyncio" > out
    } else if (state == "go") {
        code = ""
    } else if (state == "java") {
        out = sprintf("%s/%s_%02d.java", dir, stem, n + 1)
    } else if (state == "text" && n > 0) {
        text = ""
    } else {
        state = "other"
    }
    next
}

state == "c" || state == "go" { code = code $0 "\n" }

state == "text" { text = text $0 "\n" }

state == "c" && match($0, /^(static )?int [a-z_0-9]+\(/) {
    last = substr($0, RSTART, RLENGTH - 1)
    sub(/.* /, "", last)
}

/asyncio\.run\(|\.run_until_complete\(/ { runs = 1 }

out != "" { print > out }

END {
    if (failed)
        exit 1
    out = dir "/" stem "_main.c"
    print "#include \"doc.h\"" > out
    for (i = 1; i <= n; i++)
        printf "int doc_%02d(void);\n", i > out
    print "\nint main(int argc, char **argv)\n{" > out
    print "    static int (*const programs[])(void) = {" > out
    for (i = 1; i <= n; i++)
        printf "        doc_%02d,\n", i > out
    print "    };" > out
    printf "    return doc_main(programs, %d, argc, argv);\n}\n", n > out
}
