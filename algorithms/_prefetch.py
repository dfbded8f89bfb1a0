"""Asking the processor for memory before it is needed."""

from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

FAR_NODES = 400_000  # arrays of fewer nodes mostly lie in the caches already
AHEAD = 64  # entries of a row to ask for: more would not stay near until they are used
ROWS_AHEAD = 3  # rows between asking and using

if numba.config.DISABLE_JIT:

    def prefetch(array: Any, index: Any) -> None:
        """Do nothing."""

else:

    @intrinsic  # type: ignore[untyped-decorator]
    def prefetch(typingctx: Any, array: Any, index: Any) -> Any:
        """Ask for one item of an array, without waiting for it."""

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            arr = context.make_array(signature.args[0])(context, builder, args[0])
            at = builder.gep(arr.data, [args[1]])
            pointer = builder.bitcast(at, cgutils.voidptr_t)
            i32 = ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, i32, i32, i32])
            call = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
            builder.call(call, [pointer, i32(0), i32(3), i32(1)])
            return context.get_dummy_value()

        return types.void(array, index), codegen
