;; The ones' complement sum (RFC 1071) of packet memory, 32 bytes a turn, and copies within it. hal/packet-memory.ts holds the bytes that
;; this assembles to; test/hal/packet-memory.test.ts assembles it anew and compares.
(module
  (import "packets" "memory" (memory 0))
  ;; Copies memory[from..from+length) to memory[to..).
  (func (export "copy") (param $to i32) (param $from i32) (param $length i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $length)))
  ;; Sums up the 16-bit words of memory[at..at+length), each in the machine's own order. $length is a multiple of 32 and at most 64 KiB,
  ;; so that no lane overflows: each takes 4096 pairs at most.
  (func (export "sum") (param $at i32) (param $length i32) (result i32)
    (local $end i32)
    (local $even v128)
    (local $odd v128)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $even (i32x4.add (local.get $even) (i32x4.extadd_pairwise_i16x8_u (v128.load align=1 (local.get $at)))))
        (local.set $odd (i32x4.add (local.get $odd) (i32x4.extadd_pairwise_i16x8_u (v128.load offset=16 align=1 (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (br $next)))
    (local.set $even (i32x4.add (local.get $even) (local.get $odd)))
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $even)) (i32x4.extract_lane 1 (local.get $even)))
      (i32.add (i32x4.extract_lane 2 (local.get $even)) (i32x4.extract_lane 3 (local.get $even))))))
