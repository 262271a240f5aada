// Eight vector lanes and groups of SHA chains over shared schedules: 606 instructions in the loop.
// Written by hybrid-gen; change it there.
    // rdi: words of the vector's rounds, rsi: end of the schedules, r8: arguments
    mov r8, rdi
    mov rdi, qword ptr [r8 + 0]
    mov rsi, qword ptr [r8 + 8]
    // rcx: states of the chains, rax: columns done, k3: lane A
    mov rcx, qword ptr [r8 + 16]
    mov eax, 8
    kmovw k3, eax
    xor eax, eax
    .p2align 6
2:
    // a column: all rows over the schedule at r9, xmm15: the least sum of the chains
    vmovdqu32 ymm31, ymmword ptr [r8 + 64]
    vmovdqu32 ymm30, ymmword ptr [r8 + 96]
    vmovdqu32 ymm29, ymmword ptr [r8 + 128]
    vmovdqu32 ymm28, ymmword ptr [r8 + 160]
    vmovdqu32 ymm27, ymmword ptr [r8 + 192]
    vmovdqu32 ymm26, ymmword ptr [r8 + 224]
    vmovdqu32 ymm25, ymmword ptr [r8 + 256]
    vmovdqu32 ymm24, ymmword ptr [r8 + 288]
    vpxord ymm23, ymm30, ymm29
    vpcmpeqd xmm15, xmm15, xmm15
    mov r9, rdi
    lea r11, [rdi + 256]
    xor r10d, r10d
    .p2align 6
3:
    // vector, round 0 of a turn
    vpaddd ymm24, ymm24, dword ptr [rdi + 0]{1to8}
    vpxord ymm22, ymm31, ymm30
    vpandd ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm30
    vpxord ymm21, ymm26, ymm25
    vpandd ymm21, ymm21, ymm27
    vpxord ymm21, ymm21, ymm25
    vpaddd ymm24, ymm24, ymm21
    vprord ymm21, ymm27, 6
    vprord ymm20, ymm27, 11
    vprord ymm19, ymm27, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm24, ymm24, ymm21
    // chains, the next group
    vmovdqu32 xmm1, xmmword ptr [rcx + r10 + 0]
    vmovdqu32 xmm2, xmmword ptr [rcx + r10 + 16]
    vmovdqu32 xmm3, xmmword ptr [rcx + r10 + 32]
    vmovdqu32 xmm4, xmmword ptr [rcx + r10 + 48]
    vmovdqu32 xmm5, xmmword ptr [rcx + r10 + 64]
    vmovdqu32 xmm6, xmmword ptr [rcx + r10 + 80]
    vmovdqu32 xmm7, xmmword ptr [rcx + r10 + 96]
    vmovdqu32 xmm8, xmmword ptr [rcx + r10 + 112]
    vmovdqu32 xmm9, xmmword ptr [rcx + r10 + 128]
    vmovdqu32 xmm10, xmmword ptr [rcx + r10 + 144]
    vpaddd ymm28, ymm28, ymm24
    vprord ymm21, ymm31, 2
    vprord ymm20, ymm31, 13
    vprord ymm19, ymm31, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm24, ymm24, ymm21
    vpaddd ymm24, ymm24, ymm23
    // vector, round 1 of a turn
    vpaddd ymm25, ymm25, dword ptr [rdi + 4]{1to8}
    vpxord ymm23, ymm24, ymm31
    vpandd ymm22, ymm22, ymm23
    vpxord ymm22, ymm22, ymm31
    vpxord ymm21, ymm27, ymm26
    vpandd ymm21, ymm21, ymm28
    vmovdqu32 xmm11, xmmword ptr [rcx + r10 + 160]
    vmovdqu32 xmm12, xmmword ptr [rcx + r10 + 176]
    // chains, rounds 0 and 1
    vmovq xmm0, qword ptr [r9 + 0]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 2 and 3
    vmovq xmm0, qword ptr [r9 + 8]
    vpxord ymm21, ymm21, ymm26
    vpaddd ymm25, ymm25, ymm21
    vprord ymm21, ymm28, 6
    vprord ymm20, ymm28, 11
    vprord ymm19, ymm28, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm25, ymm25, ymm21
    vpaddd ymm29, ymm29, ymm25
    vprord ymm21, ymm24, 2
    vprord ymm20, ymm24, 13
    vprord ymm19, ymm24, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, rounds 4 and 5
    vmovq xmm0, qword ptr [r9 + 16]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    vpaddd ymm25, ymm25, ymm21
    vpaddd ymm25, ymm25, ymm22
    // vector, round 2 of a turn
    vpaddd ymm26, ymm26, dword ptr [rdi + 8]{1to8}
    vpxord ymm22, ymm25, ymm24
    vpandd ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm24
    vpxord ymm21, ymm28, ymm27
    vpandd ymm21, ymm21, ymm29
    vpxord ymm21, ymm21, ymm27
    vpaddd ymm26, ymm26, ymm21
    vprord ymm21, ymm29, 6
    vprord ymm20, ymm29, 11
    vprord ymm19, ymm29, 25
    vpxord ymm21, ymm21, ymm20
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 6 and 7
    vmovq xmm0, qword ptr [r9 + 24]
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm26, ymm26, ymm21
    vpaddd ymm30, ymm30, ymm26
    vprord ymm21, ymm25, 2
    vprord ymm20, ymm25, 13
    vprord ymm19, ymm25, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm26, ymm26, ymm21
    vpaddd ymm26, ymm26, ymm23
    // vector, round 3 of a turn
    vpaddd ymm27, ymm27, dword ptr [rdi + 12]{1to8}
    vpxord ymm23, ymm26, ymm25
    vpandd ymm22, ymm22, ymm23
    vpxord ymm22, ymm22, ymm25
    // chains, rounds 8 and 9
    vmovq xmm0, qword ptr [r9 + 32]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 10 and 11
    vmovq xmm0, qword ptr [r9 + 40]
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    vpxord ymm21, ymm29, ymm28
    vpandd ymm21, ymm21, ymm30
    vpxord ymm21, ymm21, ymm28
    vpaddd ymm27, ymm27, ymm21
    vprord ymm21, ymm30, 6
    vprord ymm20, ymm30, 11
    vprord ymm19, ymm30, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm27, ymm27, ymm21
    vpaddd ymm31, ymm31, ymm27
    vprord ymm21, ymm26, 2
    vprord ymm20, ymm26, 13
    vprord ymm19, ymm26, 22
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, rounds 12 and 13
    vmovq xmm0, qword ptr [r9 + 48]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm27, ymm27, ymm21
    vpaddd ymm27, ymm27, ymm22
    // vector, round 4 of a turn
    vpaddd ymm28, ymm28, dword ptr [rdi + 16]{1to8}
    vpxord ymm22, ymm27, ymm26
    vpandd ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm26
    vpxord ymm21, ymm30, ymm29
    vpandd ymm21, ymm21, ymm31
    vpxord ymm21, ymm21, ymm29
    vpaddd ymm28, ymm28, ymm21
    vprord ymm21, ymm31, 6
    vprord ymm20, ymm31, 11
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 14 and 15
    vmovq xmm0, qword ptr [r9 + 56]
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, rounds 16 and 17
    vmovq xmm0, qword ptr [r9 + 64]
    sha256rnds2 xmm2, xmm1, xmm0
    vprord ymm19, ymm31, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm28, ymm28, ymm21
    vpaddd ymm24, ymm24, ymm28
    vprord ymm21, ymm27, 2
    vprord ymm20, ymm27, 13
    vprord ymm19, ymm27, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm28, ymm28, ymm21
    vpaddd ymm28, ymm28, ymm23
    // vector, round 5 of a turn
    vpaddd ymm29, ymm29, dword ptr [rdi + 20]{1to8}
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 18 and 19
    vmovq xmm0, qword ptr [r9 + 72]
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    vpxord ymm23, ymm28, ymm27
    vpandd ymm22, ymm22, ymm23
    vpxord ymm22, ymm22, ymm27
    vpxord ymm21, ymm31, ymm30
    vpandd ymm21, ymm21, ymm24
    vpxord ymm21, ymm21, ymm30
    vpaddd ymm29, ymm29, ymm21
    vprord ymm21, ymm24, 6
    vprord ymm20, ymm24, 11
    vprord ymm19, ymm24, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm29, ymm29, ymm21
    vpaddd ymm25, ymm25, ymm29
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, rounds 20 and 21
    vmovq xmm0, qword ptr [r9 + 80]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 22 and 23
    vmovq xmm0, qword ptr [r9 + 88]
    vprord ymm21, ymm28, 2
    vprord ymm20, ymm28, 13
    vprord ymm19, ymm28, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm29, ymm29, ymm21
    vpaddd ymm29, ymm29, ymm22
    // vector, round 6 of a turn
    vpaddd ymm30, ymm30, dword ptr [rdi + 24]{1to8}
    vpxord ymm22, ymm29, ymm28
    vpandd ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm28
    vpxord ymm21, ymm24, ymm31
    vpandd ymm21, ymm21, ymm25
    vpxord ymm21, ymm21, ymm31
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, rounds 24 and 25
    vmovq xmm0, qword ptr [r9 + 96]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    vpaddd ymm30, ymm30, ymm21
    vprord ymm21, ymm25, 6
    vprord ymm20, ymm25, 11
    vprord ymm19, ymm25, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm30, ymm30, ymm21
    vpaddd ymm26, ymm26, ymm30
    vprord ymm21, ymm29, 2
    vprord ymm20, ymm29, 13
    vprord ymm19, ymm29, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm30, ymm30, ymm21
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 26 and 27
    vmovq xmm0, qword ptr [r9 + 104]
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    vpaddd ymm30, ymm30, ymm23
    // vector, round 7 of a turn
    vpaddd ymm31, ymm31, dword ptr [rdi + 28]{1to8}
    vpxord ymm23, ymm30, ymm29
    vpandd ymm22, ymm22, ymm23
    vpxord ymm22, ymm22, ymm29
    vpxord ymm21, ymm25, ymm24
    vpandd ymm21, ymm21, ymm26
    vpxord ymm21, ymm21, ymm24
    vpaddd ymm31, ymm31, ymm21
    vprord ymm21, ymm26, 6
    vprord ymm20, ymm26, 11
    vprord ymm19, ymm26, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    // chains, rounds 28 and 29
    vmovq xmm0, qword ptr [r9 + 112]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 30 and 31
    vmovq xmm0, qword ptr [r9 + 120]
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    vpaddd ymm31, ymm31, ymm21
    vpaddd ymm27, ymm27, ymm31
    vprord ymm21, ymm30, 2
    vprord ymm20, ymm30, 13
    vprord ymm19, ymm30, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm31, ymm31, ymm21
    vpaddd ymm31, ymm31, ymm22
    // vector, round 8 of a turn
    vpaddd ymm24, ymm24, dword ptr [rdi + 32]{1to8}
    vpxord ymm22, ymm31, ymm30
    vpandd ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm30
    vpxord ymm21, ymm26, ymm25
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, rounds 32 and 33
    vmovq xmm0, qword ptr [r9 + 128]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    vpandd ymm21, ymm21, ymm27
    vpxord ymm21, ymm21, ymm25
    vpaddd ymm24, ymm24, ymm21
    vprord ymm21, ymm27, 6
    vprord ymm20, ymm27, 11
    vprord ymm19, ymm27, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm24, ymm24, ymm21
    vpaddd ymm28, ymm28, ymm24
    vprord ymm21, ymm31, 2
    vprord ymm20, ymm31, 13
    vprord ymm19, ymm31, 22
    vpxord ymm21, ymm21, ymm20
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 34 and 35
    vmovq xmm0, qword ptr [r9 + 136]
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, rounds 36 and 37
    vmovq xmm0, qword ptr [r9 + 144]
    sha256rnds2 xmm2, xmm1, xmm0
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm24, ymm24, ymm21
    vpaddd ymm24, ymm24, ymm23
    // vector, round 9 of a turn
    vpaddd ymm25, ymm25, dword ptr [rdi + 36]{1to8}
    vpxord ymm23, ymm24, ymm31
    vpandd ymm22, ymm22, ymm23
    vpxord ymm22, ymm22, ymm31
    vpxord ymm21, ymm27, ymm26
    vpandd ymm21, ymm21, ymm28
    vpxord ymm21, ymm21, ymm26
    vpaddd ymm25, ymm25, ymm21
    vprord ymm21, ymm28, 6
    vprord ymm20, ymm28, 11
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 38 and 39
    vmovq xmm0, qword ptr [r9 + 152]
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    vprord ymm19, ymm28, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm25, ymm25, ymm21
    vpaddd ymm29, ymm29, ymm25
    vprord ymm21, ymm24, 2
    vprord ymm20, ymm24, 13
    vprord ymm19, ymm24, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm25, ymm25, ymm21
    vpaddd ymm25, ymm25, ymm22
    // vector, round 10 of a turn
    vpaddd ymm26, ymm26, dword ptr [rdi + 40]{1to8}
    vpxord ymm22, ymm25, ymm24
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, rounds 40 and 41
    vmovq xmm0, qword ptr [r9 + 160]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 42 and 43
    vmovq xmm0, qword ptr [r9 + 168]
    vpandd ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm24
    vpxord ymm21, ymm28, ymm27
    vpandd ymm21, ymm21, ymm29
    vpxord ymm21, ymm21, ymm27
    vpaddd ymm26, ymm26, ymm21
    vprord ymm21, ymm29, 6
    vprord ymm20, ymm29, 11
    vprord ymm19, ymm29, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm26, ymm26, ymm21
    vpaddd ymm30, ymm30, ymm26
    vprord ymm21, ymm25, 2
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, rounds 44 and 45
    vmovq xmm0, qword ptr [r9 + 176]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    vprord ymm20, ymm25, 13
    vprord ymm19, ymm25, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm26, ymm26, ymm21
    vpaddd ymm26, ymm26, ymm23
    // vector, round 11 of a turn
    vpaddd ymm27, ymm27, dword ptr [rdi + 44]{1to8}
    vpxord ymm23, ymm26, ymm25
    vpandd ymm22, ymm22, ymm23
    vpxord ymm22, ymm22, ymm25
    vpxord ymm21, ymm29, ymm28
    vpandd ymm21, ymm21, ymm30
    vpxord ymm21, ymm21, ymm28
    vpaddd ymm27, ymm27, ymm21
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 46 and 47
    vmovq xmm0, qword ptr [r9 + 184]
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    vprord ymm21, ymm30, 6
    vprord ymm20, ymm30, 11
    vprord ymm19, ymm30, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm27, ymm27, ymm21
    vpaddd ymm31, ymm31, ymm27
    vprord ymm21, ymm26, 2
    vprord ymm20, ymm26, 13
    vprord ymm19, ymm26, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm27, ymm27, ymm21
    vpaddd ymm27, ymm27, ymm22
    // chains, rounds 48 and 49
    vmovq xmm0, qword ptr [r9 + 192]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 50 and 51
    vmovq xmm0, qword ptr [r9 + 200]
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    // vector, round 12 of a turn
    vpaddd ymm28, ymm28, dword ptr [rdi + 48]{1to8}
    vpxord ymm22, ymm27, ymm26
    vpandd ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm26
    vpxord ymm21, ymm30, ymm29
    vpandd ymm21, ymm21, ymm31
    vpxord ymm21, ymm21, ymm29
    vpaddd ymm28, ymm28, ymm21
    vprord ymm21, ymm31, 6
    vprord ymm20, ymm31, 11
    vprord ymm19, ymm31, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm28, ymm28, ymm21
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, rounds 52 and 53
    vmovq xmm0, qword ptr [r9 + 208]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    vpaddd ymm24, ymm24, ymm28
    vprord ymm21, ymm27, 2
    vprord ymm20, ymm27, 13
    vprord ymm19, ymm27, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm28, ymm28, ymm21
    vpaddd ymm28, ymm28, ymm23
    // vector, round 13 of a turn
    vpaddd ymm29, ymm29, dword ptr [rdi + 52]{1to8}
    vpxord ymm23, ymm28, ymm27
    vpandd ymm22, ymm22, ymm23
    vpxord ymm22, ymm22, ymm27
    vpxord ymm21, ymm31, ymm30
    vpandd ymm21, ymm21, ymm24
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 54 and 55
    vmovq xmm0, qword ptr [r9 + 216]
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, rounds 56 and 57
    vmovq xmm0, qword ptr [r9 + 224]
    sha256rnds2 xmm2, xmm1, xmm0
    vpxord ymm21, ymm21, ymm30
    vpaddd ymm29, ymm29, ymm21
    vprord ymm21, ymm24, 6
    vprord ymm20, ymm24, 11
    vprord ymm19, ymm24, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm29, ymm29, ymm21
    vpaddd ymm25, ymm25, ymm29
    vprord ymm21, ymm28, 2
    vprord ymm20, ymm28, 13
    vprord ymm19, ymm28, 22
    vpxord ymm21, ymm21, ymm20
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 58 and 59
    vmovq xmm0, qword ptr [r9 + 232]
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm29, ymm29, ymm21
    vpaddd ymm29, ymm29, ymm22
    // vector, round 14 of a turn
    vpaddd ymm30, ymm30, dword ptr [rdi + 56]{1to8}
    vpxord ymm22, ymm29, ymm28
    vpandd ymm23, ymm23, ymm22
    vpxord ymm23, ymm23, ymm28
    vpxord ymm21, ymm24, ymm31
    vpandd ymm21, ymm21, ymm25
    vpxord ymm21, ymm21, ymm31
    vpaddd ymm30, ymm30, ymm21
    vprord ymm21, ymm25, 6
    vprord ymm20, ymm25, 11
    vprord ymm19, ymm25, 25
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, rounds 60 and 61
    vmovq xmm0, qword ptr [r9 + 240]
    sha256rnds2 xmm2, xmm1, xmm0
    sha256rnds2 xmm4, xmm3, xmm0
    sha256rnds2 xmm6, xmm5, xmm0
    sha256rnds2 xmm8, xmm7, xmm0
    sha256rnds2 xmm10, xmm9, xmm0
    sha256rnds2 xmm12, xmm11, xmm0
    // chains, rounds 62 and 63
    vmovq xmm0, qword ptr [r9 + 248]
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm30, ymm30, ymm21
    vpaddd ymm26, ymm26, ymm30
    vprord ymm21, ymm29, 2
    vprord ymm20, ymm29, 13
    vprord ymm19, ymm29, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm30, ymm30, ymm21
    vpaddd ymm30, ymm30, ymm23
    // vector, round 15 of a turn
    vpaddd ymm31, ymm31, dword ptr [rdi + 60]{1to8}
    vpxord ymm23, ymm30, ymm29
    vpandd ymm22, ymm22, ymm23
    sha256rnds2 xmm1, xmm2, xmm0
    sha256rnds2 xmm3, xmm4, xmm0
    sha256rnds2 xmm5, xmm6, xmm0
    sha256rnds2 xmm7, xmm8, xmm0
    sha256rnds2 xmm9, xmm10, xmm0
    sha256rnds2 xmm11, xmm12, xmm0
    // chains, first digest words
    vpaddd xmm1, xmm1, xmmword ptr [r8 + r10 + 384]
    vmovdqu32 xmmword ptr [r8 + r10 + 400], xmm1
    vpminud xmm15, xmm15, xmm1
    vpaddd xmm3, xmm3, xmmword ptr [r8 + r10 + 416]
    vpxord ymm22, ymm22, ymm29
    vpxord ymm21, ymm25, ymm24
    vpandd ymm21, ymm21, ymm26
    vpxord ymm21, ymm21, ymm24
    vpaddd ymm31, ymm31, ymm21
    vprord ymm21, ymm26, 6
    vprord ymm20, ymm26, 11
    vprord ymm19, ymm26, 25
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm31, ymm31, ymm21
    vpaddd ymm27, ymm27, ymm31
    vprord ymm21, ymm30, 2
    vprord ymm20, ymm30, 13
    vmovdqu32 xmmword ptr [r8 + r10 + 432], xmm3
    vpminud xmm15, xmm15, xmm3
    vpaddd xmm5, xmm5, xmmword ptr [r8 + r10 + 448]
    vmovdqu32 xmmword ptr [r8 + r10 + 464], xmm5
    vpminud xmm15, xmm15, xmm5
    vpaddd xmm7, xmm7, xmmword ptr [r8 + r10 + 480]
    vmovdqu32 xmmword ptr [r8 + r10 + 496], xmm7
    vpminud xmm15, xmm15, xmm7
    vpaddd xmm9, xmm9, xmmword ptr [r8 + r10 + 512]
    vmovdqu32 xmmword ptr [r8 + r10 + 528], xmm9
    vprord ymm19, ymm30, 22
    vpxord ymm21, ymm21, ymm20
    vpxord ymm21, ymm21, ymm19
    vpaddd ymm31, ymm31, ymm21
    vpaddd ymm31, ymm31, ymm22
    vpminud xmm15, xmm15, xmm9
    vpaddd xmm11, xmm11, xmmword ptr [r8 + r10 + 544]
    vmovdqu32 xmmword ptr [r8 + r10 + 560], xmm11
    vpminud xmm15, xmm15, xmm11
    add rdi, 64
    add r10, 192
    cmp rdi, r11
    jb 3b
    // vector, first digest words; does any pass?
    vpaddd ymm21, ymm31, ymmword ptr [r8 + 320]
    vmovdqu32 ymmword ptr [r8 + 352], ymm21
    vpcmpud k1, ymm21, dword ptr [r8 + 24]{1to8}, 2
    vpcmpud k2{k3}, xmm15, dword ptr [r8 + 24]{1to4}, 2
    kortestw k1, k2
    jnz 4f
    inc rax
    cmp rdi, rsi
    jb 2b
4:
    vzeroupper
    ret
