"""What a saved network says about itself: inputs and parameters.

`inference.pdmodel` is what Paddle 2 writes, and Paddle 3 with FLAGS_enable_pir_api=0;
`inference.json` is what Paddle 3 writes, and only Paddle 3 reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from paddle.framework import core

from service.errors import StartError
from service.tensors import Spec

# Paddle's names of types, those of 2.6 and those of 3, and the protocol's.
_DATATYPES = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "fp16": "FP16",
    "float16": "FP16",
    "fp32": "FP32",
    "float32": "FP32",
    "fp64": "FP64",
    "float64": "FP64",
}


@dataclass(frozen=True)
class Program:
    """A network without its parameters' values.

    Attributes:
        inputs: by name.
        parameters: name -> shape, in the order in which `inference.pdiparams` holds them.
    """

    inputs: Mapping[str, Spec]
    parameters: Mapping[str, tuple[int, ...]]


def read(path: Path) -> Program:
    """The program in `inference.json` or `inference.pdmodel`.

    Raises:
        StartError: the file is damaged or holds something else; Paddle crashes on some of those.
    """
    data = path.read_bytes()
    try:
        program = _from_json(data) if path.suffix == ".json" else _from_pdmodel(data)
    except (ValueError, KeyError, IndexError, TypeError):
        raise StartError(f"{path} is no program of Paddle, or cut off; copy it again") from None
    for name, spec in program.inputs.items():
        if spec.datatype not in _DATATYPES.values():
            raise StartError(
                f"{path}: input {name} is {spec.datatype}, which requests cannot carry; "
                "export the network with another type"
            )
    return program


def _from_json(data: bytes) -> Program:
    found = json.loads(data)
    if found["base_code"]["magic"] != "pir":
        raise ValueError
    ((block,),) = (region["blocks"] for region in found["program"]["regions"])
    inputs = {}
    parameters = {}
    for op in block["ops"]:
        if op["#"] == "p":
            parameters[op["A"][-1]] = tuple(op["O"]["TT"]["D"][1])
        elif op["#"] in ("1.data", "1.feed"):
            values = {attribute["N"]: attribute["AT"].get("D") for attribute in op["A"]}
            shape = op["O"][0]["TT"]["D"][1]
            inputs[values["name"]] = _spec(values["name"], values.get("dtype", "?"), shape)
    return Program(inputs, dict(sorted(parameters.items())))


def _from_pdmodel(data: bytes) -> Program:
    program = core.ProgramDesc(data)
    if not program.num_blocks():  # an empty file, to the parser, is a program
        raise ValueError
    block = program.block(0)
    ops = [block.op(index) for index in range(block.op_size())]
    fed = [op.output("Out")[0] for op in ops if op.type() == "feed"]
    if not fed:
        raise ValueError
    variables = {variable.name(): variable for variable in block.all_vars()}
    inputs = {
        name: _spec(name, str(variables[name].dtype()).split(".")[-1], variables[name].shape())
        for name in fed
    }
    stored = {
        name: tuple(variable.shape())
        for name, variable in sorted(variables.items())
        if variable.persistable() and name not in ("feed", "fetch")
    }
    return Program(inputs, stored)


def _spec(name: str, dtype: str, shape: Iterable[int]) -> Spec:
    return Spec(name, _DATATYPES.get(dtype.lower(), dtype), tuple(shape))
