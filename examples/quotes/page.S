/* SPDX-License-Identifier: MIT
 *
 * page.S - the page, as it is: from `page` up to `page_end`.
 */
        .section .rodata
        .globl  page
        .type   page, %object
page:
        .incbin QUOTES_PAGE
        .size   page, . - page
        .globl  page_end
        .type   page_end, %object
page_end:
        .byte   0
        .size   page_end, 1
        .section .note.GNU-stack, "", %progbits
