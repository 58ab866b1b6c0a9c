"""A model as an ONNX file: the few protobuf messages that one graph needs (onnx.proto3 of ONNX 1.17).

Written by hand so that neither the onnx package nor a compiled schema is needed where the desk runs.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT, INT32 = 1, 6
_TYPES = {"float32": FLOAT, "uint8": 2, "int8": 3, "int32": INT32, "int64": 7}
_IR_VERSION = 9
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT = 1, 2


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _head(field: int, body: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(body))


def _message(field: int, body: bytes) -> bytes:
    return _head(field, body) + body


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode())


def tensor(name: str, value: NDArray[Any]) -> bytes:
    """TensorProto: dims 1, data_type 2, name 8, raw_data 9."""
    dims = b"".join(_number(1, size) for size in value.shape)
    raw = np.ascontiguousarray(value).tobytes()
    return dims + _number(2, _TYPES[value.dtype.name]) + _text(8, name) + _message(9, raw)


def _attribute(name: str, value: float) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _ATTRIBUTE_INT)
    single = _varint(2 << 3 | 5) + struct.pack("<f", value)
    return _text(1, name) + single + _number(20, _ATTRIBUTE_FLOAT)


def node(
    op: str, inputs: Sequence[str], outputs: Sequence[str], domain: str = "", **attributes: float
) -> bytes:
    """NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7."""
    return b"".join(
        [
            *(_text(1, name) for name in inputs),
            *(_text(2, name) for name in outputs),
            _text(3, outputs[0]),
            _text(4, op),
            *(_message(5, _attribute(name, value)) for name, value in attributes.items()),
            _text(7, domain),
        ]
    )


def value(name: str, element: int, shape: Sequence[int | str]) -> bytes:
    """ValueInfoProto of a tensor; a dimension is a number or a name for any number."""
    dims = b"".join(
        _message(1, _number(1, size) if isinstance(size, int) else _text(2, size)) for size in shape
    )
    return _text(1, name) + _message(2, _message(1, _number(1, element) + _message(2, dims)))


def model(
    nodes: Sequence[bytes],
    tensors: Sequence[bytes],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    opsets: Mapping[str, int],
) -> bytes:
    """ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8."""
    graph = [_text(2, "encoder")]
    for field, bodies in ((1, nodes), (5, tensors), (11, inputs), (12, outputs)):
        for body in bodies:
            graph += [_head(field, body), body]
    versions = [_message(8, _text(1, domain) + _number(2, version)) for domain, version in opsets.items()]
    # joined once: the tensors are large
    head = _varint(7 << 3 | 2) + _varint(sum(map(len, graph)))
    return b"".join([_number(1, _IR_VERSION), _text(2, "dragoman"), head, *graph, *versions])
