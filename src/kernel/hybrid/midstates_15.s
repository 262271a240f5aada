// Chaining values where message word 15 varies: 1308 instructions in the loop.
// Written by hybrid-gen; change it there.
    // r8: arguments; rdi, rdx: columns and row of the vector; rcx, rsi: those of the chains
    mov r8, rdi
    mov rdi, qword ptr [r8 + 0]
    mov rcx, rdi
    lea rdx, [r8 + 6656]
    mov rsi, rdx
    // r10: pairs to write, r11: pairs to read, k1: lanes A and E, k3: lane A
    lea r10, [r8 + 2560]
    lea r11, [r8 + 4608]
    mov eax, 10
    kmovw k1, eax
    mov eax, 8
    kmovw k3, eax
    // r9: where chaining values go; the first ones are not of any nonce
    lea r9, [r8 + 512]
    // rax: the batch of the chains, one behind the vector's
    mov rax, -1
    .p2align 6
2:
    // vector, the varying word
    vmovdqu32 ymm28, ymmword ptr [rdi]
    vpaddd ymm28, ymm28, dword ptr [rdx + 60]{1to8}
    vmovdqu32 ymmword ptr [r8 + 992], ymm28
    // vector, word 17
    vpbroadcastd ymm26, dword ptr [rdx + 68]
    vpsrld ymm25, ymm28, 10
    vprord ymm24, ymm28, 17
    vprord ymm23, ymm28, 19
    vpxord ymm25, ymm25, ymm24
    vpxord ymm25, ymm25, ymm23
    vpaddd ymm30, ymm26, ymm25
    // chains, the state behind the constant rounds
    vpcmpeqd xmm15, xmm15, xmm15
    vpbroadcastd xmm1{k1}{z}, dword ptr [rcx + 0]
    vpaddd xmm1, xmm1, xmmword ptr [rsi + 256]
    vmovdqu32 xmm2, xmmword ptr [rsi + 272]
    vpbroadcastd xmm3{k1}{z}, dword ptr [rcx + 4]
    vpaddd xmm3, xmm3, xmmword ptr [rsi + 256]
    vmovdqu32 xmm4, xmmword ptr [rsi + 272]
    vpbroadcastd xmm5{k1}{z}, dword ptr [rcx + 8]
    vmovdqu32 ymmword ptr [r8 + 1056], ymm30
    // vector, K + W of rounds 16 and 17
    vpbroadcastd ymm22, dword ptr [rdx + 64]
    vpaddd ymm21, ymm30, dword ptr [r8 + 324]{1to8}
    vpunpckldq ymm20, ymm22, ymm21
    vpunpckhdq ymm27, ymm22, ymm21
    vmovdqu32 ymmword ptr [r10 + 0], ymm20
    vmovdqu32 ymmword ptr [r10 + 32], ymm27
    // vector, word 19
    vpbroadcastd ymm26, dword ptr [rdx + 76]
    vpsrld ymm25, ymm30, 10
    vprord ymm24, ymm30, 17
    vpaddd xmm5, xmm5, xmmword ptr [rsi + 256]
    vmovdqu32 xmm6, xmmword ptr [rsi + 272]
    vpbroadcastd xmm7{k1}{z}, dword ptr [rcx + 12]
    vpaddd xmm7, xmm7, xmmword ptr [rsi + 256]
    vmovdqu32 xmm8, xmmword ptr [rsi + 272]
    vpbroadcastd xmm9{k1}{z}, dword ptr [rcx + 16]
    vpaddd xmm9, xmm9, xmmword ptr [rsi + 256]
    vmovdqu32 xmm10, xmmword ptr [rsi + 272]
    vprord ymm23, ymm30, 19
    vpxord ymm25, ymm25, ymm24
    vpxord ymm25, ymm25, ymm23
    vpaddd ymm28, ymm26, ymm25
    vmovdqu32 ymmword ptr [r8 + 1120], ymm28
    // vector, K + W of rounds 18 and 19
    vpbroadcastd ymm22, dword ptr [rdx + 72]
    vpaddd ymm21, ymm28, dword ptr [r8 + 332]{1to8}
    vpunpckldq ymm20, ymm22, ymm21
    vpunpckhdq ymm27, ymm22, ymm21
    vmovdqu32 ymmword ptr [r10 + 64], ymm20
    vpbroadcastd xmm11{k1}{z}, dword ptr [rcx + 20]
    vpaddd xmm11, xmm11, xmmword ptr [rsi + 256]
    vmovdqu32 xmm12, xmmword ptr [rsi + 272]
    vpbroadcastd xmm16{k1}{z}, dword ptr [rcx + 24]
    vpaddd xmm16, xmm16, xmmword ptr [rsi + 256]
    vmovdqu32 xmm17, xmmword ptr [rsi + 272]
    vpbroadcastd xmm18{k1}{z}, dword ptr [rcx + 28]
    vpaddd xmm18, xmm18, xmmword ptr [rsi + 256]
    vmovdqu32 ymmword ptr [r10 + 96], ymm27
    // vector, word 21
    vpbroadcastd ymm26, dword ptr [rdx + 84]
    vpsrld ymm25, ymm28, 10
    vprord ymm24, ymm28, 17
    vprord ymm23, ymm28, 19
    vpxord ymm25, ymm25, ymm24
    vpxord ymm25, ymm25, ymm23
    vpaddd ymm30, ymm26, ymm25
    vmovdqu32 ymmword ptr [r8 + 1184], ymm30
    // vector, K + W of rounds 20 and 21
    vpbroadcastd ymm22, dword ptr [rdx + 80]
    vmovdqu32 xmm19, xmmword ptr [rsi + 272]
    // chains, rounds 16 and 17
    vmovq xmm0, qword ptr [r11 + 0]
    sha256rnds2 xmm2, xmm1, xmm0
    vmovq xmm0, qword ptr [r11 + 8]
    sha256rnds2 xmm4, xmm3, xmm0
    vmovq xmm0, qword ptr [r11 + 32]
    sha256rnds2 xmm6, xmm5, xmm0
    vmovq xmm0, qword ptr [r11 + 40]
    vpaddd ymm21, ymm30, dword ptr [r8 + 340]{1to8}
    vpunpckldq ymm20, ymm22, ymm21
    vpunpckhdq ymm27, ymm22, ymm21
    vmovdqu32 ymmword ptr [r10 + 128], ymm20
    vmovdqu32 ymmword ptr [r10 + 160], ymm27
    // vector, word 22
    vmovdqu32 ymm26, ymmword ptr [r8 + 992]
    vpaddd ymm26, ymm26, dword ptr [rdx + 88]{1to8}
    vmovdqa32 ymm29, ymm26
    vmovdqu32 ymmword ptr [r8 + 1216], ymm29
    // vector, word 23
    vpbroadcastd ymm25, dword ptr [rdx + 92]
    sha256rnds2 xmm8, xmm7, xmm0
    vmovq xmm0, qword ptr [r11 + 16]
    sha256rnds2 xmm10, xmm9, xmm0
    vmovq xmm0, qword ptr [r11 + 24]
    sha256rnds2 xmm12, xmm11, xmm0
    vmovq xmm0, qword ptr [r11 + 48]
    vmovdqa32 xmm13, xmm17
    vmovdqa32 xmm14, xmm16
    vpsrld ymm24, ymm30, 10
    vprord ymm23, ymm30, 17
    vprord ymm22, ymm30, 19
    vpxord ymm24, ymm24, ymm23
    vpxord ymm24, ymm24, ymm22
    vpaddd ymm28, ymm25, ymm24
    vmovdqu32 ymmword ptr [r8 + 1248], ymm28
    // vector, K + W of rounds 22 and 23
    vpaddd ymm21, ymm29, dword ptr [r8 + 344]{1to8}
    vpaddd ymm20, ymm28, dword ptr [r8 + 348]{1to8}
    vpunpckldq ymm27, ymm21, ymm20
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm17, xmm13
    vmovq xmm0, qword ptr [r11 + 56]
    vmovdqa32 xmm13, xmm19
    vmovdqa32 xmm14, xmm18
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm19, xmm13
    // chains, rounds 18 and 19
    vmovq xmm0, qword ptr [r11 + 64]
    vpunpckhdq ymm26, ymm21, ymm20
    vmovdqu32 ymmword ptr [r10 + 192], ymm27
    vmovdqu32 ymmword ptr [r10 + 224], ymm26
    // vector, word 24
    vmovdqu32 ymm25, ymmword ptr [r8 + 1056]
    vpaddd ymm25, ymm25, dword ptr [rdx + 96]{1to8}
    vpsrld ymm24, ymm29, 10
    vprord ymm23, ymm29, 17
    vprord ymm22, ymm29, 19
    vpxord ymm24, ymm24, ymm23
    vpxord ymm24, ymm24, ymm22
    sha256rnds2 xmm1, xmm2, xmm0
    vmovq xmm0, qword ptr [r11 + 72]
    sha256rnds2 xmm3, xmm4, xmm0
    vmovq xmm0, qword ptr [r11 + 96]
    sha256rnds2 xmm5, xmm6, xmm0
    vmovq xmm0, qword ptr [r11 + 104]
    sha256rnds2 xmm7, xmm8, xmm0
    vmovq xmm0, qword ptr [r11 + 80]
    vpaddd ymm31, ymm25, ymm24
    vmovdqu32 ymmword ptr [r8 + 1280], ymm31
    // vector, word 25
    vpbroadcastd ymm21, dword ptr [rdx + 100]
    vpsrld ymm20, ymm28, 10
    vprord ymm27, ymm28, 17
    vprord ymm26, ymm28, 19
    vpxord ymm20, ymm20, ymm27
    vpxord ymm20, ymm20, ymm26
    vpaddd ymm30, ymm21, ymm20
    vmovdqu32 ymmword ptr [r8 + 1312], ymm30
    sha256rnds2 xmm9, xmm10, xmm0
    vmovq xmm0, qword ptr [r11 + 88]
    sha256rnds2 xmm11, xmm12, xmm0
    vmovq xmm0, qword ptr [r11 + 112]
    vmovdqa32 xmm13, xmm16
    vmovdqa32 xmm14, xmm17
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm16, xmm13
    // vector, K + W of rounds 24 and 25
    vpaddd ymm25, ymm31, dword ptr [r8 + 352]{1to8}
    vpaddd ymm24, ymm30, dword ptr [r8 + 356]{1to8}
    vpunpckldq ymm23, ymm25, ymm24
    vpunpckhdq ymm22, ymm25, ymm24
    vmovdqu32 ymmword ptr [r10 + 256], ymm23
    vmovdqu32 ymmword ptr [r10 + 288], ymm22
    // vector, word 26
    vmovdqu32 ymm21, ymmword ptr [r8 + 1120]
    vpaddd ymm21, ymm21, dword ptr [rdx + 104]{1to8}
    vpsrld ymm20, ymm31, 10
    vmovq xmm0, qword ptr [r11 + 120]
    vmovdqa32 xmm13, xmm18
    vmovdqa32 xmm14, xmm19
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm18, xmm13
    // chains, rounds 20 and 21
    vmovq xmm0, qword ptr [r11 + 128]
    sha256rnds2 xmm2, xmm1, xmm0
    vmovq xmm0, qword ptr [r11 + 136]
    vprord ymm27, ymm31, 17
    vprord ymm26, ymm31, 19
    vpxord ymm20, ymm20, ymm27
    vpxord ymm20, ymm20, ymm26
    vpaddd ymm29, ymm21, ymm20
    vmovdqu32 ymmword ptr [r8 + 1344], ymm29
    // vector, word 27
    vpbroadcastd ymm25, dword ptr [rdx + 108]
    vpsrld ymm24, ymm30, 10
    vprord ymm23, ymm30, 17
    vprord ymm22, ymm30, 19
    sha256rnds2 xmm4, xmm3, xmm0
    vmovq xmm0, qword ptr [r11 + 160]
    sha256rnds2 xmm6, xmm5, xmm0
    vmovq xmm0, qword ptr [r11 + 168]
    sha256rnds2 xmm8, xmm7, xmm0
    vmovq xmm0, qword ptr [r11 + 144]
    sha256rnds2 xmm10, xmm9, xmm0
    vmovq xmm0, qword ptr [r11 + 152]
    vpxord ymm24, ymm24, ymm23
    vpxord ymm24, ymm24, ymm22
    vpaddd ymm28, ymm25, ymm24
    vmovdqu32 ymmword ptr [r8 + 1376], ymm28
    // vector, K + W of rounds 26 and 27
    vpaddd ymm21, ymm29, dword ptr [r8 + 360]{1to8}
    vpaddd ymm20, ymm28, dword ptr [r8 + 364]{1to8}
    vpunpckldq ymm27, ymm21, ymm20
    vpunpckhdq ymm26, ymm21, ymm20
    vmovdqu32 ymmword ptr [r10 + 320], ymm27
    vmovdqu32 ymmword ptr [r10 + 352], ymm26
    sha256rnds2 xmm12, xmm11, xmm0
    vmovq xmm0, qword ptr [r11 + 176]
    vmovdqa32 xmm13, xmm17
    vmovdqa32 xmm14, xmm16
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm17, xmm13
    vmovq xmm0, qword ptr [r11 + 184]
    vmovdqa32 xmm13, xmm19
    // vector, word 28
    vmovdqu32 ymm25, ymmword ptr [r8 + 1184]
    vpaddd ymm25, ymm25, dword ptr [rdx + 112]{1to8}
    vpsrld ymm24, ymm29, 10
    vprord ymm23, ymm29, 17
    vprord ymm22, ymm29, 19
    vpxord ymm24, ymm24, ymm23
    vpxord ymm24, ymm24, ymm22
    vpaddd ymm31, ymm25, ymm24
    vmovdqu32 ymmword ptr [r8 + 1408], ymm31
    // vector, word 29
    vmovdqu32 ymm21, ymmword ptr [r8 + 1216]
    vmovdqa32 xmm14, xmm18
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm19, xmm13
    // chains, rounds 22 and 23
    vmovq xmm0, qword ptr [r11 + 192]
    sha256rnds2 xmm1, xmm2, xmm0
    vmovq xmm0, qword ptr [r11 + 200]
    sha256rnds2 xmm3, xmm4, xmm0
    vmovq xmm0, qword ptr [r11 + 224]
    vpaddd ymm21, ymm21, dword ptr [rdx + 116]{1to8}
    vpsrld ymm20, ymm28, 10
    vprord ymm27, ymm28, 17
    vprord ymm26, ymm28, 19
    vpxord ymm20, ymm20, ymm27
    vpxord ymm20, ymm20, ymm26
    vpaddd ymm30, ymm21, ymm20
    vmovdqu32 ymmword ptr [r8 + 1440], ymm30
    // vector, K + W of rounds 28 and 29
    vpaddd ymm25, ymm31, dword ptr [r8 + 368]{1to8}
    vpaddd ymm24, ymm30, dword ptr [r8 + 372]{1to8}
    sha256rnds2 xmm5, xmm6, xmm0
    vmovq xmm0, qword ptr [r11 + 232]
    sha256rnds2 xmm7, xmm8, xmm0
    vmovq xmm0, qword ptr [r11 + 208]
    sha256rnds2 xmm9, xmm10, xmm0
    vmovq xmm0, qword ptr [r11 + 216]
    sha256rnds2 xmm11, xmm12, xmm0
    vmovq xmm0, qword ptr [r11 + 240]
    vpunpckldq ymm23, ymm25, ymm24
    vpunpckhdq ymm22, ymm25, ymm24
    vmovdqu32 ymmword ptr [r10 + 384], ymm23
    vmovdqu32 ymmword ptr [r10 + 416], ymm22
    // vector, word 30
    vmovdqu32 ymm21, ymmword ptr [r8 + 992]
    vpsrld ymm20, ymm21, 3
    vprord ymm27, ymm21, 7
    vprord ymm26, ymm21, 18
    vpxord ymm20, ymm20, ymm27
    vpxord ymm20, ymm20, ymm26
    vmovdqa32 xmm13, xmm16
    vmovdqa32 xmm14, xmm17
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm16, xmm13
    vmovq xmm0, qword ptr [r11 + 248]
    vmovdqa32 xmm13, xmm18
    vmovdqa32 xmm14, xmm19
    sha256rnds2 xmm13, xmm14, xmm0
    vpaddd ymm20, ymm20, ymmword ptr [r8 + 1248]
    vpaddd ymm20, ymm20, dword ptr [rdx + 120]{1to8}
    vpsrld ymm25, ymm31, 10
    vprord ymm24, ymm31, 17
    vprord ymm23, ymm31, 19
    vpxord ymm25, ymm25, ymm24
    vpxord ymm25, ymm25, ymm23
    vpaddd ymm29, ymm20, ymm25
    vmovdqu32 ymmword ptr [r8 + 1472], ymm29
    // vector, word 31
    vmovdqu32 ymm22, ymmword ptr [r8 + 992]
    vmovdqa32 xmm18, xmm13
    // chains, rounds 24 and 25
    vmovq xmm0, qword ptr [r11 + 256]
    sha256rnds2 xmm2, xmm1, xmm0
    vmovq xmm0, qword ptr [r11 + 264]
    sha256rnds2 xmm4, xmm3, xmm0
    vmovq xmm0, qword ptr [r11 + 288]
    sha256rnds2 xmm6, xmm5, xmm0
    vmovq xmm0, qword ptr [r11 + 296]
    vpaddd ymm22, ymm22, ymmword ptr [r8 + 1280]
    vpaddd ymm22, ymm22, dword ptr [rdx + 124]{1to8}
    vpsrld ymm21, ymm30, 10
    vprord ymm20, ymm30, 17
    vprord ymm27, ymm30, 19
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm27
    vpaddd ymm28, ymm22, ymm21
    vmovdqu32 ymmword ptr [r8 + 1504], ymm28
    // vector, K + W of rounds 30 and 31
    vpaddd ymm26, ymm29, dword ptr [r8 + 376]{1to8}
    sha256rnds2 xmm8, xmm7, xmm0
    vmovq xmm0, qword ptr [r11 + 272]
    sha256rnds2 xmm10, xmm9, xmm0
    vmovq xmm0, qword ptr [r11 + 280]
    sha256rnds2 xmm12, xmm11, xmm0
    vmovq xmm0, qword ptr [r11 + 304]
    vmovdqa32 xmm13, xmm17
    vmovdqa32 xmm14, xmm16
    vpaddd ymm25, ymm28, dword ptr [r8 + 380]{1to8}
    vpunpckldq ymm24, ymm26, ymm25
    vpunpckhdq ymm23, ymm26, ymm25
    vmovdqu32 ymmword ptr [r10 + 448], ymm24
    vmovdqu32 ymmword ptr [r10 + 480], ymm23
    // vector, word 32
    vmovdqu32 ymm22, ymmword ptr [r8 + 1056]
    vpsrld ymm21, ymm22, 3
    vprord ymm20, ymm22, 7
    vprord ymm27, ymm22, 18
    vpxord ymm21, ymm21, ymm20
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm17, xmm13
    vmovq xmm0, qword ptr [r11 + 312]
    vmovdqa32 xmm13, xmm19
    vmovdqa32 xmm14, xmm18
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm19, xmm13
    // chains, rounds 26 and 27
    vmovq xmm0, qword ptr [r11 + 320]
    vpxord ymm21, ymm21, ymm27
    vpaddd ymm21, ymm21, ymmword ptr [r8 + 1312]
    vpaddd ymm21, ymm21, dword ptr [rdx + 128]{1to8}
    vpsrld ymm26, ymm29, 10
    vprord ymm25, ymm29, 17
    vprord ymm24, ymm29, 19
    vpxord ymm26, ymm26, ymm25
    vpxord ymm26, ymm26, ymm24
    vpaddd ymm31, ymm21, ymm26
    sha256rnds2 xmm1, xmm2, xmm0
    vmovq xmm0, qword ptr [r11 + 328]
    sha256rnds2 xmm3, xmm4, xmm0
    vmovq xmm0, qword ptr [r11 + 352]
    sha256rnds2 xmm5, xmm6, xmm0
    vmovq xmm0, qword ptr [r11 + 360]
    sha256rnds2 xmm7, xmm8, xmm0
    vmovq xmm0, qword ptr [r11 + 336]
    vmovdqu32 ymmword ptr [r8 + 1536], ymm31
    // vector, word 33
    vmovdqu32 ymm23, ymmword ptr [r8 + 1056]
    vpaddd ymm23, ymm23, ymmword ptr [r8 + 1344]
    vpaddd ymm23, ymm23, dword ptr [rdx + 132]{1to8}
    vpsrld ymm22, ymm28, 10
    vprord ymm21, ymm28, 17
    vprord ymm20, ymm28, 19
    vpxord ymm22, ymm22, ymm21
    vpxord ymm22, ymm22, ymm20
    vpaddd ymm30, ymm23, ymm22
    sha256rnds2 xmm9, xmm10, xmm0
    vmovq xmm0, qword ptr [r11 + 344]
    sha256rnds2 xmm11, xmm12, xmm0
    vmovq xmm0, qword ptr [r11 + 368]
    vmovdqa32 xmm13, xmm16
    vmovdqa32 xmm14, xmm17
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm16, xmm13
    vmovdqu32 ymmword ptr [r8 + 1568], ymm30
    // vector, K + W of rounds 32 and 33
    vpaddd ymm27, ymm31, dword ptr [r8 + 384]{1to8}
    vpaddd ymm26, ymm30, dword ptr [r8 + 388]{1to8}
    vpunpckldq ymm25, ymm27, ymm26
    vpunpckhdq ymm24, ymm27, ymm26
    vmovdqu32 ymmword ptr [r10 + 512], ymm25
    vmovdqu32 ymmword ptr [r10 + 544], ymm24
    // vector, word 34
    vmovdqu32 ymm23, ymmword ptr [r8 + 1120]
    vpsrld ymm22, ymm23, 3
    vprord ymm21, ymm23, 7
    vmovq xmm0, qword ptr [r11 + 376]
    vmovdqa32 xmm13, xmm18
    vmovdqa32 xmm14, xmm19
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm18, xmm13
    // chains, rounds 28 and 29
    vmovq xmm0, qword ptr [r11 + 384]
    sha256rnds2 xmm2, xmm1, xmm0
    vmovq xmm0, qword ptr [r11 + 392]
    vprord ymm20, ymm23, 18
    vpxord ymm22, ymm22, ymm21
    vpxord ymm22, ymm22, ymm20
    vpaddd ymm22, ymm22, ymmword ptr [r8 + 1376]
    vpaddd ymm22, ymm22, dword ptr [rdx + 136]{1to8}
    vpsrld ymm27, ymm31, 10
    vprord ymm26, ymm31, 17
    vprord ymm25, ymm31, 19
    vpxord ymm27, ymm27, ymm26
    vpxord ymm27, ymm27, ymm25
    sha256rnds2 xmm4, xmm3, xmm0
    vmovq xmm0, qword ptr [r11 + 416]
    sha256rnds2 xmm6, xmm5, xmm0
    vmovq xmm0, qword ptr [r11 + 424]
    sha256rnds2 xmm8, xmm7, xmm0
    vmovq xmm0, qword ptr [r11 + 400]
    sha256rnds2 xmm10, xmm9, xmm0
    vmovq xmm0, qword ptr [r11 + 408]
    vpaddd ymm29, ymm22, ymm27
    vmovdqu32 ymmword ptr [r8 + 1600], ymm29
    // vector, word 35
    vmovdqu32 ymm24, ymmword ptr [r8 + 1120]
    vpaddd ymm24, ymm24, ymmword ptr [r8 + 1408]
    vpaddd ymm24, ymm24, dword ptr [rdx + 140]{1to8}
    vpsrld ymm23, ymm30, 10
    vprord ymm22, ymm30, 17
    vprord ymm21, ymm30, 19
    vpxord ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm21
    sha256rnds2 xmm12, xmm11, xmm0
    vmovq xmm0, qword ptr [r11 + 432]
    vmovdqa32 xmm13, xmm17
    vmovdqa32 xmm14, xmm16
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm17, xmm13
    vmovq xmm0, qword ptr [r11 + 440]
    vmovdqa32 xmm13, xmm19
    vpaddd ymm28, ymm24, ymm23
    vmovdqu32 ymmword ptr [r8 + 1632], ymm28
    // vector, K + W of rounds 34 and 35
    vpaddd ymm20, ymm29, dword ptr [r8 + 392]{1to8}
    vpaddd ymm27, ymm28, dword ptr [r8 + 396]{1to8}
    vpunpckldq ymm26, ymm20, ymm27
    vpunpckhdq ymm25, ymm20, ymm27
    vmovdqu32 ymmword ptr [r10 + 576], ymm26
    vmovdqu32 ymmword ptr [r10 + 608], ymm25
    // vector, word 36
    vmovdqu32 ymm24, ymmword ptr [r8 + 1184]
    vpsrld ymm23, ymm24, 3
    vmovdqa32 xmm14, xmm18
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm19, xmm13
    // chains, rounds 30 and 31
    vmovq xmm0, qword ptr [r11 + 448]
    sha256rnds2 xmm1, xmm2, xmm0
    vmovq xmm0, qword ptr [r11 + 456]
    sha256rnds2 xmm3, xmm4, xmm0
    vmovq xmm0, qword ptr [r11 + 480]
    vprord ymm22, ymm24, 7
    vprord ymm21, ymm24, 18
    vpxord ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm21
    vpaddd ymm23, ymm23, ymmword ptr [r8 + 1440]
    vpaddd ymm23, ymm23, dword ptr [rdx + 144]{1to8}
    vpsrld ymm20, ymm29, 10
    vprord ymm27, ymm29, 17
    vprord ymm26, ymm29, 19
    vpxord ymm20, ymm20, ymm27
    sha256rnds2 xmm5, xmm6, xmm0
    vmovq xmm0, qword ptr [r11 + 488]
    sha256rnds2 xmm7, xmm8, xmm0
    vmovq xmm0, qword ptr [r11 + 464]
    sha256rnds2 xmm9, xmm10, xmm0
    vmovq xmm0, qword ptr [r11 + 472]
    sha256rnds2 xmm11, xmm12, xmm0
    vmovq xmm0, qword ptr [r11 + 496]
    vpxord ymm20, ymm20, ymm26
    vpaddd ymm31, ymm23, ymm20
    vmovdqu32 ymmword ptr [r8 + 1664], ymm31
    // vector, word 37
    vmovdqu32 ymm25, ymmword ptr [r8 + 1216]
    vpsrld ymm24, ymm25, 3
    vprord ymm23, ymm25, 7
    vprord ymm22, ymm25, 18
    vpxord ymm24, ymm24, ymm23
    vpxord ymm24, ymm24, ymm22
    vpaddd ymm24, ymm24, ymmword ptr [r8 + 1184]
    vmovdqa32 xmm13, xmm16
    vmovdqa32 xmm14, xmm17
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm16, xmm13
    vmovq xmm0, qword ptr [r11 + 504]
    vmovdqa32 xmm13, xmm18
    vmovdqa32 xmm14, xmm19
    sha256rnds2 xmm13, xmm14, xmm0
    vpaddd ymm24, ymm24, ymmword ptr [r8 + 1472]
    vpsrld ymm21, ymm28, 10
    vprord ymm20, ymm28, 17
    vprord ymm27, ymm28, 19
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm27
    vpaddd ymm30, ymm24, ymm21
    vmovdqu32 ymmword ptr [r8 + 1696], ymm30
    // vector, K + W of rounds 36 and 37
    vpaddd ymm26, ymm31, dword ptr [r8 + 400]{1to8}
    vpaddd ymm25, ymm30, dword ptr [r8 + 404]{1to8}
    vmovdqa32 xmm18, xmm13
    // chains, rounds 32 and 33
    vmovq xmm0, qword ptr [r11 + 512]
    sha256rnds2 xmm2, xmm1, xmm0
    vmovq xmm0, qword ptr [r11 + 520]
    sha256rnds2 xmm4, xmm3, xmm0
    vmovq xmm0, qword ptr [r11 + 544]
    sha256rnds2 xmm6, xmm5, xmm0
    vmovq xmm0, qword ptr [r11 + 552]
    vpunpckldq ymm24, ymm26, ymm25
    vpunpckhdq ymm23, ymm26, ymm25
    vmovdqu32 ymmword ptr [r10 + 640], ymm24
    vmovdqu32 ymmword ptr [r10 + 672], ymm23
    // vector, word 38
    vmovdqu32 ymm22, ymmword ptr [r8 + 1248]
    vpsrld ymm21, ymm22, 3
    vprord ymm20, ymm22, 7
    vprord ymm27, ymm22, 18
    vpxord ymm21, ymm21, ymm20
    sha256rnds2 xmm8, xmm7, xmm0
    vmovq xmm0, qword ptr [r11 + 528]
    sha256rnds2 xmm10, xmm9, xmm0
    vmovq xmm0, qword ptr [r11 + 536]
    sha256rnds2 xmm12, xmm11, xmm0
    vmovq xmm0, qword ptr [r11 + 560]
    vmovdqa32 xmm13, xmm17
    vmovdqa32 xmm14, xmm16
    vpxord ymm21, ymm21, ymm27
    vpaddd ymm21, ymm21, ymmword ptr [r8 + 1216]
    vpaddd ymm21, ymm21, ymmword ptr [r8 + 1504]
    vpsrld ymm26, ymm31, 10
    vprord ymm25, ymm31, 17
    vprord ymm24, ymm31, 19
    vpxord ymm26, ymm26, ymm25
    vpxord ymm26, ymm26, ymm24
    vpaddd ymm29, ymm21, ymm26
    vmovdqu32 ymmword ptr [r8 + 1728], ymm29
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm17, xmm13
    vmovq xmm0, qword ptr [r11 + 568]
    vmovdqa32 xmm13, xmm19
    vmovdqa32 xmm14, xmm18
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm19, xmm13
    // chains, rounds 34 and 35
    vmovq xmm0, qword ptr [r11 + 576]
    // vector, word 39
    vmovdqu32 ymm23, ymmword ptr [r8 + 1280]
    vpsrld ymm22, ymm23, 3
    vprord ymm21, ymm23, 7
    vprord ymm20, ymm23, 18
    vpxord ymm22, ymm22, ymm21
    vpxord ymm22, ymm22, ymm20
    vpaddd ymm22, ymm22, ymmword ptr [r8 + 1248]
    vpaddd ymm22, ymm22, ymmword ptr [r8 + 1536]
    vpsrld ymm27, ymm30, 10
    vprord ymm26, ymm30, 17
    sha256rnds2 xmm1, xmm2, xmm0
    vmovq xmm0, qword ptr [r11 + 584]
    sha256rnds2 xmm3, xmm4, xmm0
    vmovq xmm0, qword ptr [r11 + 608]
    sha256rnds2 xmm5, xmm6, xmm0
    vmovq xmm0, qword ptr [r11 + 616]
    sha256rnds2 xmm7, xmm8, xmm0
    vmovq xmm0, qword ptr [r11 + 592]
    vprord ymm25, ymm30, 19
    vpxord ymm27, ymm27, ymm26
    vpxord ymm27, ymm27, ymm25
    vpaddd ymm28, ymm22, ymm27
    vmovdqu32 ymmword ptr [r8 + 1760], ymm28
    // vector, K + W of rounds 38 and 39
    vpaddd ymm24, ymm29, dword ptr [r8 + 408]{1to8}
    vpaddd ymm23, ymm28, dword ptr [r8 + 412]{1to8}
    vpunpckldq ymm22, ymm24, ymm23
    vpunpckhdq ymm21, ymm24, ymm23
    vmovdqu32 ymmword ptr [r10 + 704], ymm22
    sha256rnds2 xmm9, xmm10, xmm0
    vmovq xmm0, qword ptr [r11 + 600]
    sha256rnds2 xmm11, xmm12, xmm0
    vmovq xmm0, qword ptr [r11 + 624]
    vmovdqa32 xmm13, xmm16
    vmovdqa32 xmm14, xmm17
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm16, xmm13
    vmovdqu32 ymmword ptr [r10 + 736], ymm21
    // vector, word 40
    vmovdqu32 ymm20, ymmword ptr [r8 + 1312]
    vpsrld ymm27, ymm20, 3
    vprord ymm26, ymm20, 7
    vprord ymm25, ymm20, 18
    vpxord ymm27, ymm27, ymm26
    vpxord ymm27, ymm27, ymm25
    vpaddd ymm27, ymm27, ymmword ptr [r8 + 1280]
    vpaddd ymm27, ymm27, ymmword ptr [r8 + 1568]
    vpsrld ymm24, ymm29, 10
    vmovq xmm0, qword ptr [r11 + 632]
    vmovdqa32 xmm13, xmm18
    vmovdqa32 xmm14, xmm19
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm18, xmm13
    // chains, rounds 36 and 37
    vmovq xmm0, qword ptr [r11 + 640]
    sha256rnds2 xmm2, xmm1, xmm0
    vmovq xmm0, qword ptr [r11 + 648]
    vprord ymm23, ymm29, 17
    vprord ymm22, ymm29, 19
    vpxord ymm24, ymm24, ymm23
    vpxord ymm24, ymm24, ymm22
    vpaddd ymm31, ymm27, ymm24
    vmovdqu32 ymmword ptr [r8 + 1792], ymm31
    // vector, word 41
    vmovdqu32 ymm21, ymmword ptr [r8 + 1344]
    vpsrld ymm20, ymm21, 3
    vprord ymm27, ymm21, 7
    vprord ymm26, ymm21, 18
    sha256rnds2 xmm4, xmm3, xmm0
    vmovq xmm0, qword ptr [r11 + 672]
    sha256rnds2 xmm6, xmm5, xmm0
    vmovq xmm0, qword ptr [r11 + 680]
    sha256rnds2 xmm8, xmm7, xmm0
    vmovq xmm0, qword ptr [r11 + 656]
    sha256rnds2 xmm10, xmm9, xmm0
    vmovq xmm0, qword ptr [r11 + 664]
    vpxord ymm20, ymm20, ymm27
    vpxord ymm20, ymm20, ymm26
    vpaddd ymm20, ymm20, ymmword ptr [r8 + 1312]
    vpaddd ymm20, ymm20, ymmword ptr [r8 + 1600]
    vpsrld ymm25, ymm28, 10
    vprord ymm24, ymm28, 17
    vprord ymm23, ymm28, 19
    vpxord ymm25, ymm25, ymm24
    vpxord ymm25, ymm25, ymm23
    vpaddd ymm30, ymm20, ymm25
    sha256rnds2 xmm12, xmm11, xmm0
    vmovq xmm0, qword ptr [r11 + 688]
    vmovdqa32 xmm13, xmm17
    vmovdqa32 xmm14, xmm16
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm17, xmm13
    vmovq xmm0, qword ptr [r11 + 696]
    vmovdqa32 xmm13, xmm19
    vmovdqu32 ymmword ptr [r8 + 1824], ymm30
    // vector, K + W of rounds 40 and 41
    vpaddd ymm22, ymm31, dword ptr [r8 + 416]{1to8}
    vpaddd ymm21, ymm30, dword ptr [r8 + 420]{1to8}
    vpunpckldq ymm20, ymm22, ymm21
    vpunpckhdq ymm27, ymm22, ymm21
    vmovdqu32 ymmword ptr [r10 + 768], ymm20
    vmovdqu32 ymmword ptr [r10 + 800], ymm27
    // vector, word 42
    vmovdqu32 ymm26, ymmword ptr [r8 + 1376]
    vpsrld ymm25, ymm26, 3
    vprord ymm24, ymm26, 7
    vmovdqa32 xmm14, xmm18
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm19, xmm13
    // chains, rounds 38 and 39
    vmovq xmm0, qword ptr [r11 + 704]
    sha256rnds2 xmm1, xmm2, xmm0
    vmovq xmm0, qword ptr [r11 + 712]
    sha256rnds2 xmm3, xmm4, xmm0
    vmovq xmm0, qword ptr [r11 + 736]
    vprord ymm23, ymm26, 18
    vpxord ymm25, ymm25, ymm24
    vpxord ymm25, ymm25, ymm23
    vpaddd ymm25, ymm25, ymmword ptr [r8 + 1344]
    vpaddd ymm25, ymm25, ymmword ptr [r8 + 1632]
    vpsrld ymm22, ymm31, 10
    vprord ymm21, ymm31, 17
    vprord ymm20, ymm31, 19
    vpxord ymm22, ymm22, ymm21
    vpxord ymm22, ymm22, ymm20
    sha256rnds2 xmm5, xmm6, xmm0
    vmovq xmm0, qword ptr [r11 + 744]
    sha256rnds2 xmm7, xmm8, xmm0
    vmovq xmm0, qword ptr [r11 + 720]
    sha256rnds2 xmm9, xmm10, xmm0
    vmovq xmm0, qword ptr [r11 + 728]
    sha256rnds2 xmm11, xmm12, xmm0
    vmovq xmm0, qword ptr [r11 + 752]
    vpaddd ymm29, ymm25, ymm22
    vmovdqu32 ymmword ptr [r8 + 1856], ymm29
    // vector, word 43
    vmovdqu32 ymm27, ymmword ptr [r8 + 1408]
    vpsrld ymm26, ymm27, 3
    vprord ymm25, ymm27, 7
    vprord ymm24, ymm27, 18
    vpxord ymm26, ymm26, ymm25
    vpxord ymm26, ymm26, ymm24
    vpaddd ymm26, ymm26, ymmword ptr [r8 + 1376]
    vmovdqa32 xmm13, xmm16
    vmovdqa32 xmm14, xmm17
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm16, xmm13
    vmovq xmm0, qword ptr [r11 + 760]
    vmovdqa32 xmm13, xmm18
    vmovdqa32 xmm14, xmm19
    sha256rnds2 xmm13, xmm14, xmm0
    vpaddd ymm26, ymm26, ymmword ptr [r8 + 1664]
    vpsrld ymm23, ymm30, 10
    vprord ymm22, ymm30, 17
    vprord ymm21, ymm30, 19
    vpxord ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm21
    vpaddd ymm28, ymm26, ymm23
    vmovdqu32 ymmword ptr [r8 + 1888], ymm28
    // vector, K + W of rounds 42 and 43
    vpaddd ymm20, ymm29, dword ptr [r8 + 424]{1to8}
    vpaddd ymm27, ymm28, dword ptr [r8 + 428]{1to8}
    vmovdqa32 xmm18, xmm13
    // chains, rounds 40 and 41
    vmovq xmm0, qword ptr [r11 + 768]
    sha256rnds2 xmm2, xmm1, xmm0
    vmovq xmm0, qword ptr [r11 + 776]
    sha256rnds2 xmm4, xmm3, xmm0
    vmovq xmm0, qword ptr [r11 + 800]
    sha256rnds2 xmm6, xmm5, xmm0
    vmovq xmm0, qword ptr [r11 + 808]
    vpunpckldq ymm26, ymm20, ymm27
    vpunpckhdq ymm25, ymm20, ymm27
    vmovdqu32 ymmword ptr [r10 + 832], ymm26
    vmovdqu32 ymmword ptr [r10 + 864], ymm25
    // vector, word 44
    vmovdqu32 ymm24, ymmword ptr [r8 + 1440]
    vpsrld ymm23, ymm24, 3
    vprord ymm22, ymm24, 7
    vprord ymm21, ymm24, 18
    vpxord ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm21
    sha256rnds2 xmm8, xmm7, xmm0
    vmovq xmm0, qword ptr [r11 + 784]
    sha256rnds2 xmm10, xmm9, xmm0
    vmovq xmm0, qword ptr [r11 + 792]
    sha256rnds2 xmm12, xmm11, xmm0
    vmovq xmm0, qword ptr [r11 + 816]
    vmovdqa32 xmm13, xmm17
    vmovdqa32 xmm14, xmm16
    vpaddd ymm23, ymm23, ymmword ptr [r8 + 1408]
    vpaddd ymm23, ymm23, ymmword ptr [r8 + 1696]
    vpsrld ymm20, ymm29, 10
    vprord ymm27, ymm29, 17
    vprord ymm26, ymm29, 19
    vpxord ymm20, ymm20, ymm27
    vpxord ymm20, ymm20, ymm26
    vpaddd ymm31, ymm23, ymm20
    vmovdqu32 ymmword ptr [r8 + 1920], ymm31
    // vector, word 45
    vmovdqu32 ymm25, ymmword ptr [r8 + 1472]
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm17, xmm13
    vmovq xmm0, qword ptr [r11 + 824]
    vmovdqa32 xmm13, xmm19
    vmovdqa32 xmm14, xmm18
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm19, xmm13
    // chains, rounds 42 and 43
    vmovq xmm0, qword ptr [r11 + 832]
    vpsrld ymm24, ymm25, 3
    vprord ymm23, ymm25, 7
    vprord ymm22, ymm25, 18
    vpxord ymm24, ymm24, ymm23
    vpxord ymm24, ymm24, ymm22
    vpaddd ymm24, ymm24, ymmword ptr [r8 + 1440]
    vpaddd ymm24, ymm24, ymmword ptr [r8 + 1728]
    vpsrld ymm21, ymm28, 10
    vprord ymm20, ymm28, 17
    vprord ymm27, ymm28, 19
    sha256rnds2 xmm1, xmm2, xmm0
    vmovq xmm0, qword ptr [r11 + 840]
    sha256rnds2 xmm3, xmm4, xmm0
    vmovq xmm0, qword ptr [r11 + 864]
    sha256rnds2 xmm5, xmm6, xmm0
    vmovq xmm0, qword ptr [r11 + 872]
    sha256rnds2 xmm7, xmm8, xmm0
    vmovq xmm0, qword ptr [r11 + 848]
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm27
    vpaddd ymm30, ymm24, ymm21
    vmovdqu32 ymmword ptr [r8 + 1952], ymm30
    // vector, K + W of rounds 44 and 45
    vpaddd ymm26, ymm31, dword ptr [r8 + 432]{1to8}
    vpaddd ymm25, ymm30, dword ptr [r8 + 436]{1to8}
    vpunpckldq ymm24, ymm26, ymm25
    vpunpckhdq ymm23, ymm26, ymm25
    vmovdqu32 ymmword ptr [r10 + 896], ymm24
    vmovdqu32 ymmword ptr [r10 + 928], ymm23
    sha256rnds2 xmm9, xmm10, xmm0
    vmovq xmm0, qword ptr [r11 + 856]
    sha256rnds2 xmm11, xmm12, xmm0
    vmovq xmm0, qword ptr [r11 + 880]
    vmovdqa32 xmm13, xmm16
    vmovdqa32 xmm14, xmm17
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm16, xmm13
    // vector, word 46
    vmovdqu32 ymm22, ymmword ptr [r8 + 1504]
    vpsrld ymm21, ymm22, 3
    vprord ymm20, ymm22, 7
    vprord ymm27, ymm22, 18
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm27
    vpaddd ymm21, ymm21, ymmword ptr [r8 + 1472]
    vpaddd ymm21, ymm21, ymmword ptr [r8 + 1760]
    vpsrld ymm26, ymm31, 10
    vprord ymm25, ymm31, 17
    vmovq xmm0, qword ptr [r11 + 888]
    vmovdqa32 xmm13, xmm18
    vmovdqa32 xmm14, xmm19
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm18, xmm13
    // chains, rounds 44 and 45
    vmovq xmm0, qword ptr [r11 + 896]
    sha256rnds2 xmm2, xmm1, xmm0
    vmovq xmm0, qword ptr [r11 + 904]
    vprord ymm24, ymm31, 19
    vpxord ymm26, ymm26, ymm25
    vpxord ymm26, ymm26, ymm24
    vpaddd ymm29, ymm21, ymm26
    vmovdqu32 ymmword ptr [r8 + 1984], ymm29
    // vector, word 47
    vmovdqu32 ymm23, ymmword ptr [r8 + 1536]
    vpsrld ymm22, ymm23, 3
    vprord ymm21, ymm23, 7
    vprord ymm20, ymm23, 18
    vpxord ymm22, ymm22, ymm21
    sha256rnds2 xmm4, xmm3, xmm0
    vmovq xmm0, qword ptr [r11 + 928]
    sha256rnds2 xmm6, xmm5, xmm0
    vmovq xmm0, qword ptr [r11 + 936]
    sha256rnds2 xmm8, xmm7, xmm0
    vmovq xmm0, qword ptr [r11 + 912]
    sha256rnds2 xmm10, xmm9, xmm0
    vmovq xmm0, qword ptr [r11 + 920]
    vpxord ymm22, ymm22, ymm20
    vpaddd ymm22, ymm22, ymmword ptr [r8 + 1504]
    vpaddd ymm22, ymm22, ymmword ptr [r8 + 1792]
    vpsrld ymm27, ymm30, 10
    vprord ymm26, ymm30, 17
    vprord ymm25, ymm30, 19
    vpxord ymm27, ymm27, ymm26
    vpxord ymm27, ymm27, ymm25
    vpaddd ymm28, ymm22, ymm27
    vmovdqu32 ymmword ptr [r8 + 2016], ymm28
    sha256rnds2 xmm12, xmm11, xmm0
    vmovq xmm0, qword ptr [r11 + 944]
    vmovdqa32 xmm13, xmm17
    vmovdqa32 xmm14, xmm16
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm17, xmm13
    vmovq xmm0, qword ptr [r11 + 952]
    vmovdqa32 xmm13, xmm19
    // vector, K + W of rounds 46 and 47
    vpaddd ymm24, ymm29, dword ptr [r8 + 440]{1to8}
    vpaddd ymm23, ymm28, dword ptr [r8 + 444]{1to8}
    vpunpckldq ymm22, ymm24, ymm23
    vpunpckhdq ymm21, ymm24, ymm23
    vmovdqu32 ymmword ptr [r10 + 960], ymm22
    vmovdqu32 ymmword ptr [r10 + 992], ymm21
    // vector, word 48
    vmovdqu32 ymm20, ymmword ptr [r8 + 1568]
    vpsrld ymm27, ymm20, 3
    vprord ymm26, ymm20, 7
    vmovdqa32 xmm14, xmm18
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm19, xmm13
    // chains, rounds 46 and 47
    vmovq xmm0, qword ptr [r11 + 960]
    sha256rnds2 xmm1, xmm2, xmm0
    vmovq xmm0, qword ptr [r11 + 968]
    sha256rnds2 xmm3, xmm4, xmm0
    vmovq xmm0, qword ptr [r11 + 992]
    vprord ymm25, ymm20, 18
    vpxord ymm27, ymm27, ymm26
    vpxord ymm27, ymm27, ymm25
    vpaddd ymm27, ymm27, ymmword ptr [r8 + 1536]
    vpaddd ymm27, ymm27, ymmword ptr [r8 + 1824]
    vpsrld ymm24, ymm29, 10
    vprord ymm23, ymm29, 17
    vprord ymm22, ymm29, 19
    vpxord ymm24, ymm24, ymm23
    vpxord ymm24, ymm24, ymm22
    sha256rnds2 xmm5, xmm6, xmm0
    vmovq xmm0, qword ptr [r11 + 1000]
    sha256rnds2 xmm7, xmm8, xmm0
    vmovq xmm0, qword ptr [r11 + 976]
    sha256rnds2 xmm9, xmm10, xmm0
    vmovq xmm0, qword ptr [r11 + 984]
    sha256rnds2 xmm11, xmm12, xmm0
    vmovq xmm0, qword ptr [r11 + 1008]
    vpaddd ymm31, ymm27, ymm24
    vmovdqu32 ymmword ptr [r8 + 2048], ymm31
    // vector, word 49
    vmovdqu32 ymm21, ymmword ptr [r8 + 1600]
    vpsrld ymm20, ymm21, 3
    vprord ymm27, ymm21, 7
    vprord ymm26, ymm21, 18
    vpxord ymm20, ymm20, ymm27
    vpxord ymm20, ymm20, ymm26
    vpaddd ymm20, ymm20, ymmword ptr [r8 + 1568]
    vpaddd ymm20, ymm20, ymmword ptr [r8 + 1856]
    vmovdqa32 xmm13, xmm16
    vmovdqa32 xmm14, xmm17
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm16, xmm13
    vmovq xmm0, qword ptr [r11 + 1016]
    vmovdqa32 xmm13, xmm18
    vmovdqa32 xmm14, xmm19
    sha256rnds2 xmm13, xmm14, xmm0
    vpsrld ymm25, ymm28, 10
    vprord ymm24, ymm28, 17
    vprord ymm23, ymm28, 19
    vpxord ymm25, ymm25, ymm24
    vpxord ymm25, ymm25, ymm23
    vpaddd ymm30, ymm20, ymm25
    vmovdqu32 ymmword ptr [r8 + 2080], ymm30
    // vector, K + W of rounds 48 and 49
    vpaddd ymm22, ymm31, dword ptr [r8 + 448]{1to8}
    vpaddd ymm21, ymm30, dword ptr [r8 + 452]{1to8}
    vpunpckldq ymm20, ymm22, ymm21
    vmovdqa32 xmm18, xmm13
    // chains, rounds 48 and 49
    vmovq xmm0, qword ptr [r11 + 1024]
    sha256rnds2 xmm2, xmm1, xmm0
    vmovq xmm0, qword ptr [r11 + 1032]
    sha256rnds2 xmm4, xmm3, xmm0
    vmovq xmm0, qword ptr [r11 + 1056]
    sha256rnds2 xmm6, xmm5, xmm0
    vmovq xmm0, qword ptr [r11 + 1064]
    vpunpckhdq ymm27, ymm22, ymm21
    vmovdqu32 ymmword ptr [r10 + 1024], ymm20
    vmovdqu32 ymmword ptr [r10 + 1056], ymm27
    // vector, word 50
    vmovdqu32 ymm26, ymmword ptr [r8 + 1632]
    vpsrld ymm25, ymm26, 3
    vprord ymm24, ymm26, 7
    vprord ymm23, ymm26, 18
    vpxord ymm25, ymm25, ymm24
    vpxord ymm25, ymm25, ymm23
    vpaddd ymm25, ymm25, ymmword ptr [r8 + 1600]
    sha256rnds2 xmm8, xmm7, xmm0
    vmovq xmm0, qword ptr [r11 + 1040]
    sha256rnds2 xmm10, xmm9, xmm0
    vmovq xmm0, qword ptr [r11 + 1048]
    sha256rnds2 xmm12, xmm11, xmm0
    vmovq xmm0, qword ptr [r11 + 1072]
    vmovdqa32 xmm13, xmm17
    vmovdqa32 xmm14, xmm16
    vpaddd ymm25, ymm25, ymmword ptr [r8 + 1888]
    vpsrld ymm22, ymm31, 10
    vprord ymm21, ymm31, 17
    vprord ymm20, ymm31, 19
    vpxord ymm22, ymm22, ymm21
    vpxord ymm22, ymm22, ymm20
    vpaddd ymm29, ymm25, ymm22
    vmovdqu32 ymmword ptr [r8 + 2112], ymm29
    // vector, word 51
    vmovdqu32 ymm27, ymmword ptr [r8 + 1664]
    vpsrld ymm26, ymm27, 3
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm17, xmm13
    vmovq xmm0, qword ptr [r11 + 1080]
    vmovdqa32 xmm13, xmm19
    vmovdqa32 xmm14, xmm18
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm19, xmm13
    // chains, rounds 50 and 51
    vmovq xmm0, qword ptr [r11 + 1088]
    vprord ymm25, ymm27, 7
    vprord ymm24, ymm27, 18
    vpxord ymm26, ymm26, ymm25
    vpxord ymm26, ymm26, ymm24
    vpaddd ymm26, ymm26, ymmword ptr [r8 + 1632]
    vpaddd ymm26, ymm26, ymmword ptr [r8 + 1920]
    vpsrld ymm23, ymm30, 10
    vprord ymm22, ymm30, 17
    vprord ymm21, ymm30, 19
    vpxord ymm23, ymm23, ymm22
    sha256rnds2 xmm1, xmm2, xmm0
    vmovq xmm0, qword ptr [r11 + 1096]
    sha256rnds2 xmm3, xmm4, xmm0
    vmovq xmm0, qword ptr [r11 + 1120]
    sha256rnds2 xmm5, xmm6, xmm0
    vmovq xmm0, qword ptr [r11 + 1128]
    sha256rnds2 xmm7, xmm8, xmm0
    vmovq xmm0, qword ptr [r11 + 1104]
    vpxord ymm23, ymm23, ymm21
    vpaddd ymm28, ymm26, ymm23
    vmovdqu32 ymmword ptr [r8 + 2144], ymm28
    // vector, K + W of rounds 50 and 51
    vpaddd ymm20, ymm29, dword ptr [r8 + 456]{1to8}
    vpaddd ymm27, ymm28, dword ptr [r8 + 460]{1to8}
    vpunpckldq ymm26, ymm20, ymm27
    vpunpckhdq ymm25, ymm20, ymm27
    vmovdqu32 ymmword ptr [r10 + 1088], ymm26
    vmovdqu32 ymmword ptr [r10 + 1120], ymm25
    // vector, word 52
    vmovdqu32 ymm24, ymmword ptr [r8 + 1696]
    sha256rnds2 xmm9, xmm10, xmm0
    vmovq xmm0, qword ptr [r11 + 1112]
    sha256rnds2 xmm11, xmm12, xmm0
    vmovq xmm0, qword ptr [r11 + 1136]
    vmovdqa32 xmm13, xmm16
    vmovdqa32 xmm14, xmm17
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm16, xmm13
    vpsrld ymm23, ymm24, 3
    vprord ymm22, ymm24, 7
    vprord ymm21, ymm24, 18
    vpxord ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm21
    vpaddd ymm23, ymm23, ymmword ptr [r8 + 1664]
    vpaddd ymm23, ymm23, ymmword ptr [r8 + 1952]
    vpsrld ymm20, ymm29, 10
    vprord ymm27, ymm29, 17
    vprord ymm26, ymm29, 19
    vmovq xmm0, qword ptr [r11 + 1144]
    vmovdqa32 xmm13, xmm18
    vmovdqa32 xmm14, xmm19
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm18, xmm13
    // chains, rounds 52 and 53
    vmovq xmm0, qword ptr [r11 + 1152]
    sha256rnds2 xmm2, xmm1, xmm0
    vmovq xmm0, qword ptr [r11 + 1160]
    vpxord ymm20, ymm20, ymm27
    vpxord ymm20, ymm20, ymm26
    vpaddd ymm31, ymm23, ymm20
    vmovdqu32 ymmword ptr [r8 + 2176], ymm31
    // vector, word 53
    vmovdqu32 ymm25, ymmword ptr [r8 + 1728]
    vpsrld ymm24, ymm25, 3
    vprord ymm23, ymm25, 7
    vprord ymm22, ymm25, 18
    vpxord ymm24, ymm24, ymm23
    sha256rnds2 xmm4, xmm3, xmm0
    vmovq xmm0, qword ptr [r11 + 1184]
    sha256rnds2 xmm6, xmm5, xmm0
    vmovq xmm0, qword ptr [r11 + 1192]
    sha256rnds2 xmm8, xmm7, xmm0
    vmovq xmm0, qword ptr [r11 + 1168]
    sha256rnds2 xmm10, xmm9, xmm0
    vmovq xmm0, qword ptr [r11 + 1176]
    vpxord ymm24, ymm24, ymm22
    vpaddd ymm24, ymm24, ymmword ptr [r8 + 1696]
    vpaddd ymm24, ymm24, ymmword ptr [r8 + 1984]
    vpsrld ymm21, ymm28, 10
    vprord ymm20, ymm28, 17
    vprord ymm27, ymm28, 19
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm27
    vpaddd ymm30, ymm24, ymm21
    vmovdqu32 ymmword ptr [r8 + 2208], ymm30
    sha256rnds2 xmm12, xmm11, xmm0
    vmovq xmm0, qword ptr [r11 + 1200]
    vmovdqa32 xmm13, xmm17
    vmovdqa32 xmm14, xmm16
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm17, xmm13
    vmovq xmm0, qword ptr [r11 + 1208]
    vmovdqa32 xmm13, xmm19
    // vector, K + W of rounds 52 and 53
    vpaddd ymm26, ymm31, dword ptr [r8 + 464]{1to8}
    vpaddd ymm25, ymm30, dword ptr [r8 + 468]{1to8}
    vpunpckldq ymm24, ymm26, ymm25
    vpunpckhdq ymm23, ymm26, ymm25
    vmovdqu32 ymmword ptr [r10 + 1152], ymm24
    vmovdqu32 ymmword ptr [r10 + 1184], ymm23
    // vector, word 54
    vmovdqu32 ymm22, ymmword ptr [r8 + 1760]
    vpsrld ymm21, ymm22, 3
    vprord ymm20, ymm22, 7
    vprord ymm27, ymm22, 18
    vmovdqa32 xmm14, xmm18
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm19, xmm13
    // chains, rounds 54 and 55
    vmovq xmm0, qword ptr [r11 + 1216]
    sha256rnds2 xmm1, xmm2, xmm0
    vmovq xmm0, qword ptr [r11 + 1224]
    sha256rnds2 xmm3, xmm4, xmm0
    vmovq xmm0, qword ptr [r11 + 1248]
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm27
    vpaddd ymm21, ymm21, ymmword ptr [r8 + 1728]
    vpaddd ymm21, ymm21, ymmword ptr [r8 + 2016]
    vpsrld ymm26, ymm31, 10
    vprord ymm25, ymm31, 17
    vprord ymm24, ymm31, 19
    vpxord ymm26, ymm26, ymm25
    vpxord ymm26, ymm26, ymm24
    vpaddd ymm29, ymm21, ymm26
    sha256rnds2 xmm5, xmm6, xmm0
    vmovq xmm0, qword ptr [r11 + 1256]
    sha256rnds2 xmm7, xmm8, xmm0
    vmovq xmm0, qword ptr [r11 + 1232]
    sha256rnds2 xmm9, xmm10, xmm0
    vmovq xmm0, qword ptr [r11 + 1240]
    sha256rnds2 xmm11, xmm12, xmm0
    vmovq xmm0, qword ptr [r11 + 1264]
    vmovdqu32 ymmword ptr [r8 + 2240], ymm29
    // vector, word 55
    vmovdqu32 ymm23, ymmword ptr [r8 + 1792]
    vpsrld ymm22, ymm23, 3
    vprord ymm21, ymm23, 7
    vprord ymm20, ymm23, 18
    vpxord ymm22, ymm22, ymm21
    vpxord ymm22, ymm22, ymm20
    vpaddd ymm22, ymm22, ymmword ptr [r8 + 1760]
    vpaddd ymm22, ymm22, ymmword ptr [r8 + 2048]
    vpsrld ymm27, ymm30, 10
    vmovdqa32 xmm13, xmm16
    vmovdqa32 xmm14, xmm17
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm16, xmm13
    vmovq xmm0, qword ptr [r11 + 1272]
    vmovdqa32 xmm13, xmm18
    vmovdqa32 xmm14, xmm19
    sha256rnds2 xmm13, xmm14, xmm0
    vprord ymm26, ymm30, 17
    vprord ymm25, ymm30, 19
    vpxord ymm27, ymm27, ymm26
    vpxord ymm27, ymm27, ymm25
    vpaddd ymm28, ymm22, ymm27
    vmovdqu32 ymmword ptr [r8 + 2272], ymm28
    // vector, K + W of rounds 54 and 55
    vpaddd ymm24, ymm29, dword ptr [r8 + 472]{1to8}
    vpaddd ymm23, ymm28, dword ptr [r8 + 476]{1to8}
    vpunpckldq ymm22, ymm24, ymm23
    vpunpckhdq ymm21, ymm24, ymm23
    vmovdqa32 xmm18, xmm13
    // chains, rounds 56 and 57
    vmovq xmm0, qword ptr [r11 + 1280]
    sha256rnds2 xmm2, xmm1, xmm0
    vmovq xmm0, qword ptr [r11 + 1288]
    sha256rnds2 xmm4, xmm3, xmm0
    vmovq xmm0, qword ptr [r11 + 1312]
    sha256rnds2 xmm6, xmm5, xmm0
    vmovq xmm0, qword ptr [r11 + 1320]
    vmovdqu32 ymmword ptr [r10 + 1216], ymm22
    vmovdqu32 ymmword ptr [r10 + 1248], ymm21
    // vector, word 56
    vmovdqu32 ymm20, ymmword ptr [r8 + 1824]
    vpsrld ymm27, ymm20, 3
    vprord ymm26, ymm20, 7
    vprord ymm25, ymm20, 18
    vpxord ymm27, ymm27, ymm26
    vpxord ymm27, ymm27, ymm25
    vpaddd ymm27, ymm27, ymmword ptr [r8 + 1792]
    vpaddd ymm27, ymm27, ymmword ptr [r8 + 2080]
    sha256rnds2 xmm8, xmm7, xmm0
    vmovq xmm0, qword ptr [r11 + 1296]
    sha256rnds2 xmm10, xmm9, xmm0
    vmovq xmm0, qword ptr [r11 + 1304]
    sha256rnds2 xmm12, xmm11, xmm0
    vmovq xmm0, qword ptr [r11 + 1328]
    vmovdqa32 xmm13, xmm17
    vmovdqa32 xmm14, xmm16
    vpsrld ymm24, ymm29, 10
    vprord ymm23, ymm29, 17
    vprord ymm22, ymm29, 19
    vpxord ymm24, ymm24, ymm23
    vpxord ymm24, ymm24, ymm22
    vpaddd ymm31, ymm27, ymm24
    vmovdqu32 ymmword ptr [r8 + 2304], ymm31
    // vector, word 57
    vmovdqu32 ymm21, ymmword ptr [r8 + 1856]
    vpsrld ymm20, ymm21, 3
    vprord ymm27, ymm21, 7
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm17, xmm13
    vmovq xmm0, qword ptr [r11 + 1336]
    vmovdqa32 xmm13, xmm19
    vmovdqa32 xmm14, xmm18
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm19, xmm13
    // chains, rounds 58 and 59
    vmovq xmm0, qword ptr [r11 + 1344]
    vprord ymm26, ymm21, 18
    vpxord ymm20, ymm20, ymm27
    vpxord ymm20, ymm20, ymm26
    vpaddd ymm20, ymm20, ymmword ptr [r8 + 1824]
    vpaddd ymm20, ymm20, ymmword ptr [r8 + 2112]
    vpsrld ymm25, ymm28, 10
    vprord ymm24, ymm28, 17
    vprord ymm23, ymm28, 19
    vpxord ymm25, ymm25, ymm24
    vpxord ymm25, ymm25, ymm23
    sha256rnds2 xmm1, xmm2, xmm0
    vmovq xmm0, qword ptr [r11 + 1352]
    sha256rnds2 xmm3, xmm4, xmm0
    vmovq xmm0, qword ptr [r11 + 1376]
    sha256rnds2 xmm5, xmm6, xmm0
    vmovq xmm0, qword ptr [r11 + 1384]
    sha256rnds2 xmm7, xmm8, xmm0
    vmovq xmm0, qword ptr [r11 + 1360]
    vpaddd ymm30, ymm20, ymm25
    // vector, K + W of rounds 56 and 57
    vpaddd ymm22, ymm31, dword ptr [r8 + 480]{1to8}
    vpaddd ymm21, ymm30, dword ptr [r8 + 484]{1to8}
    vpunpckldq ymm20, ymm22, ymm21
    vpunpckhdq ymm27, ymm22, ymm21
    vmovdqu32 ymmword ptr [r10 + 1280], ymm20
    vmovdqu32 ymmword ptr [r10 + 1312], ymm27
    // vector, word 58
    vmovdqu32 ymm26, ymmword ptr [r8 + 1888]
    vpsrld ymm25, ymm26, 3
    sha256rnds2 xmm9, xmm10, xmm0
    vmovq xmm0, qword ptr [r11 + 1368]
    sha256rnds2 xmm11, xmm12, xmm0
    vmovq xmm0, qword ptr [r11 + 1392]
    vmovdqa32 xmm13, xmm16
    vmovdqa32 xmm14, xmm17
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm16, xmm13
    vprord ymm24, ymm26, 7
    vprord ymm23, ymm26, 18
    vpxord ymm25, ymm25, ymm24
    vpxord ymm25, ymm25, ymm23
    vpaddd ymm25, ymm25, ymmword ptr [r8 + 1856]
    vpaddd ymm25, ymm25, ymmword ptr [r8 + 2144]
    vpsrld ymm22, ymm31, 10
    vprord ymm21, ymm31, 17
    vprord ymm20, ymm31, 19
    vpxord ymm22, ymm22, ymm21
    vmovq xmm0, qword ptr [r11 + 1400]
    vmovdqa32 xmm13, xmm18
    vmovdqa32 xmm14, xmm19
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm18, xmm13
    // chains, rounds 60 and 61
    vmovq xmm0, qword ptr [r11 + 1408]
    sha256rnds2 xmm2, xmm1, xmm0
    vmovq xmm0, qword ptr [r11 + 1416]
    vpxord ymm22, ymm22, ymm20
    vpaddd ymm29, ymm25, ymm22
    // vector, word 59
    vmovdqu32 ymm27, ymmword ptr [r8 + 1920]
    vpsrld ymm26, ymm27, 3
    vprord ymm25, ymm27, 7
    vprord ymm24, ymm27, 18
    vpxord ymm26, ymm26, ymm25
    vpxord ymm26, ymm26, ymm24
    vpaddd ymm26, ymm26, ymmword ptr [r8 + 1888]
    vpaddd ymm26, ymm26, ymmword ptr [r8 + 2176]
    sha256rnds2 xmm4, xmm3, xmm0
    vmovq xmm0, qword ptr [r11 + 1440]
    sha256rnds2 xmm6, xmm5, xmm0
    vmovq xmm0, qword ptr [r11 + 1448]
    sha256rnds2 xmm8, xmm7, xmm0
    vmovq xmm0, qword ptr [r11 + 1424]
    sha256rnds2 xmm10, xmm9, xmm0
    vmovq xmm0, qword ptr [r11 + 1432]
    vpsrld ymm23, ymm30, 10
    vprord ymm22, ymm30, 17
    vprord ymm21, ymm30, 19
    vpxord ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm21
    vpaddd ymm28, ymm26, ymm23
    // vector, K + W of rounds 58 and 59
    vpaddd ymm20, ymm29, dword ptr [r8 + 488]{1to8}
    vpaddd ymm27, ymm28, dword ptr [r8 + 492]{1to8}
    vpunpckldq ymm26, ymm20, ymm27
    vpunpckhdq ymm25, ymm20, ymm27
    sha256rnds2 xmm12, xmm11, xmm0
    vmovq xmm0, qword ptr [r11 + 1456]
    vmovdqa32 xmm13, xmm17
    vmovdqa32 xmm14, xmm16
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm17, xmm13
    vmovq xmm0, qword ptr [r11 + 1464]
    vmovdqa32 xmm13, xmm19
    vmovdqu32 ymmword ptr [r10 + 1344], ymm26
    vmovdqu32 ymmword ptr [r10 + 1376], ymm25
    // vector, word 60
    vmovdqu32 ymm24, ymmword ptr [r8 + 1952]
    vpsrld ymm23, ymm24, 3
    vprord ymm22, ymm24, 7
    vprord ymm21, ymm24, 18
    vpxord ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm21
    vpaddd ymm23, ymm23, ymmword ptr [r8 + 1920]
    vpaddd ymm23, ymm23, ymmword ptr [r8 + 2208]
    vmovdqa32 xmm14, xmm18
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm19, xmm13
    // chains, rounds 62 and 63
    vmovq xmm0, qword ptr [r11 + 1472]
    sha256rnds2 xmm1, xmm2, xmm0
    vmovq xmm0, qword ptr [r11 + 1480]
    sha256rnds2 xmm3, xmm4, xmm0
    vmovq xmm0, qword ptr [r11 + 1504]
    vpsrld ymm20, ymm29, 10
    vprord ymm27, ymm29, 17
    vprord ymm26, ymm29, 19
    vpxord ymm20, ymm20, ymm27
    vpxord ymm20, ymm20, ymm26
    vpaddd ymm31, ymm23, ymm20
    // vector, word 61
    vmovdqu32 ymm25, ymmword ptr [r8 + 1984]
    vpsrld ymm24, ymm25, 3
    vprord ymm23, ymm25, 7
    vprord ymm22, ymm25, 18
    sha256rnds2 xmm5, xmm6, xmm0
    vmovq xmm0, qword ptr [r11 + 1512]
    sha256rnds2 xmm7, xmm8, xmm0
    vmovq xmm0, qword ptr [r11 + 1488]
    sha256rnds2 xmm9, xmm10, xmm0
    vmovq xmm0, qword ptr [r11 + 1496]
    sha256rnds2 xmm11, xmm12, xmm0
    vmovq xmm0, qword ptr [r11 + 1520]
    vpxord ymm24, ymm24, ymm23
    vpxord ymm24, ymm24, ymm22
    vpaddd ymm24, ymm24, ymmword ptr [r8 + 1952]
    vpaddd ymm24, ymm24, ymmword ptr [r8 + 2240]
    vpsrld ymm21, ymm28, 10
    vprord ymm20, ymm28, 17
    vprord ymm27, ymm28, 19
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm27
    vpaddd ymm30, ymm24, ymm21
    vmovdqa32 xmm13, xmm16
    vmovdqa32 xmm14, xmm17
    sha256rnds2 xmm13, xmm14, xmm0
    vmovdqa32 xmm16, xmm13
    vmovq xmm0, qword ptr [r11 + 1528]
    vmovdqa32 xmm13, xmm18
    vmovdqa32 xmm14, xmm19
    sha256rnds2 xmm13, xmm14, xmm0
    // vector, K + W of rounds 60 and 61
    vpaddd ymm26, ymm31, dword ptr [r8 + 496]{1to8}
    vpaddd ymm25, ymm30, dword ptr [r8 + 500]{1to8}
    vpunpckldq ymm24, ymm26, ymm25
    vpunpckhdq ymm23, ymm26, ymm25
    vmovdqu32 ymmword ptr [r10 + 1408], ymm24
    vmovdqu32 ymmword ptr [r10 + 1440], ymm23
    // vector, word 62
    vmovdqu32 ymm22, ymmword ptr [r8 + 2016]
    vpsrld ymm21, ymm22, 3
    vprord ymm20, ymm22, 7
    vprord ymm27, ymm22, 18
    vmovdqa32 xmm18, xmm13
    // chains, results
    vpaddd xmm1, xmm1, xmmword ptr [r8 + 64]
    vpaddd xmm2, xmm2, xmmword ptr [r8 + 80]
    vmovdqu32 xmmword ptr [r9 + 0], xmm1
    vmovdqu32 xmmword ptr [r9 + 16], xmm2
    vpaddd xmm3, xmm3, xmmword ptr [r8 + 64]
    vpaddd xmm4, xmm4, xmmword ptr [r8 + 80]
    vmovdqu32 xmmword ptr [r9 + 32], xmm3
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm27
    vpaddd ymm21, ymm21, ymmword ptr [r8 + 1984]
    vpaddd ymm21, ymm21, ymmword ptr [r8 + 2272]
    vpsrld ymm26, ymm31, 10
    vprord ymm25, ymm31, 17
    vprord ymm24, ymm31, 19
    vpxord ymm26, ymm26, ymm25
    vpxord ymm26, ymm26, ymm24
    vmovdqu32 xmmword ptr [r9 + 48], xmm4
    vpaddd xmm5, xmm5, xmmword ptr [r8 + 64]
    vpaddd xmm6, xmm6, xmmword ptr [r8 + 80]
    vmovdqu32 xmmword ptr [r9 + 64], xmm5
    vmovdqu32 xmmword ptr [r9 + 80], xmm6
    vpaddd xmm7, xmm7, xmmword ptr [r8 + 64]
    vpaddd xmm8, xmm8, xmmword ptr [r8 + 80]
    vmovdqu32 xmmword ptr [r9 + 96], xmm7
    vpaddd ymm29, ymm21, ymm26
    // vector, word 63
    vmovdqu32 ymm23, ymmword ptr [r8 + 2048]
    vpsrld ymm22, ymm23, 3
    vprord ymm21, ymm23, 7
    vprord ymm20, ymm23, 18
    vpxord ymm22, ymm22, ymm21
    vpxord ymm22, ymm22, ymm20
    vpaddd ymm22, ymm22, ymmword ptr [r8 + 2016]
    vpaddd ymm22, ymm22, ymmword ptr [r8 + 2304]
    vpsrld ymm27, ymm30, 10
    vmovdqu32 xmmword ptr [r9 + 112], xmm8
    vpaddd xmm9, xmm9, xmmword ptr [r8 + 64]
    vpaddd xmm10, xmm10, xmmword ptr [r8 + 80]
    vmovdqu32 xmmword ptr [r9 + 128], xmm9
    vmovdqu32 xmmword ptr [r9 + 144], xmm10
    vpaddd xmm11, xmm11, xmmword ptr [r8 + 64]
    vpaddd xmm12, xmm12, xmmword ptr [r8 + 80]
    vmovdqu32 xmmword ptr [r9 + 160], xmm11
    vprord ymm26, ymm30, 17
    vprord ymm25, ymm30, 19
    vpxord ymm27, ymm27, ymm26
    vpxord ymm27, ymm27, ymm25
    vpaddd ymm28, ymm22, ymm27
    // vector, K + W of rounds 62 and 63
    vpaddd ymm24, ymm29, dword ptr [r8 + 504]{1to8}
    vpaddd ymm23, ymm28, dword ptr [r8 + 508]{1to8}
    vpunpckldq ymm22, ymm24, ymm23
    vpunpckhdq ymm21, ymm24, ymm23
    vmovdqu32 ymmword ptr [r10 + 1472], ymm22
    vmovdqu32 xmmword ptr [r9 + 176], xmm12
    vpaddd xmm13, xmm16, xmmword ptr [r8 + 64]
    vpaddd xmm14, xmm17, xmmword ptr [r8 + 80]
    vmovdqu32 xmmword ptr [r9 + 192], xmm13
    vmovdqu32 xmmword ptr [r9 + 208], xmm14
    vpaddd xmm13, xmm18, xmmword ptr [r8 + 64]
    vpaddd xmm14, xmm19, xmmword ptr [r8 + 80]
    vmovdqu32 xmmword ptr [r9 + 224], xmm13
    vmovdqu32 ymmword ptr [r10 + 1504], ymm21
    vmovdqu32 xmmword ptr [r9 + 240], xmm14
    mov r9, qword ptr [r8 + 24]
    add qword ptr [r8 + 24], 256
    // the next eight columns, or the next row
    xchg r10, r11
    mov rcx, rdi
    mov rsi, rdx
    add rdi, 32
    cmp rdi, qword ptr [r8 + 8]
    jb 5f
    mov rdi, qword ptr [r8 + 0]
    add rdx, 320
    5:
    inc rax
    cmp rax, qword ptr [r8 + 16]
    jb 2b
    jmp 6f
6:
    vzeroupper
    ret
