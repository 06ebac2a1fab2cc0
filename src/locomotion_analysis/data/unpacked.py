"""What Parquet files and Arrow streams take in memory, told by their pages before one is unpacked.

A footer can claim any size; a reader believes the header of each page, and so those are counted.
"""

import struct
from collections.abc import Collection
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from locomotion_analysis.budget import refuse_unpacked

# Text and bytes in memory


def is_text(kind: pa.DataType) -> bool:
    """Return whether values are text or bytes, each of its own length."""
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def text_bytes(column: pa.ChunkedArray | pa.Array) -> int:
    """Return the bytes that dictionary-coded text takes once it is written out in each row."""
    if isinstance(column, pa.ChunkedArray):
        return sum(map(text_bytes, column.chunks))
    if pa.types.is_struct(column.type):
        return sum(map(text_bytes, column.flatten()))
    if pa.types.is_nested(column.type):
        return text_bytes(column.flatten())
    if not pa.types.is_dictionary(column.type) or not is_text(column.type.value_type):
        return 0
    lengths = pc.binary_length(column.dictionary).cast(pa.int64())
    return int(pc.sum(lengths.take(column.indices)).as_py() or 0)


def written_out(table: pa.Table, schema: pa.Schema, most: int, where: str) -> pa.Table:
    """Return a table with its dictionary-coded text as the types of `schema`.

    Raises
    ------
    UnpackedSizeError
        If the text would take more than `most` bytes; it is not written out then.
    """
    needed = table.nbytes + sum(map(text_bytes, table.columns))
    refuse_unpacked(needed, most, where, "its text")
    return table.cast(schema.with_metadata(table.schema.metadata))


# Parquet pages

_DIFFERENCES = {"DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"}
_WIDTHS = {"BOOLEAN": 1, "INT32": 8, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8}
_CODE_BYTES, _LEVEL_BYTES, _ENTRY_BYTES = 4, 4, 16
_DATA, _DICTIONARY, _DATA_2 = 0, 2, 3
_DICTIONARY_CODED, _PREFIX_CODED = (2, 8), 7
_DEEPEST = 8


def columns_read_as_codes(footer: pq.FileMetaData) -> frozenset[int]:
    """Return which columns of a Parquet file hold text that can be read as codes of a dictionary.

    Arrow cannot read text so that is written as differences from the text before, nor text
    in lists or structs of several row groups.
    """

    def leaves(kind: pa.DataType) -> list[pa.DataType]:
        if isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        if not pa.types.is_nested(kind):
            return [kind]
        return [leaf for k in range(kind.num_fields) for leaf in leaves(kind.field(k).type)]

    kinds = [leaf for field in footer.schema.to_arrow_schema() for leaf in leaves(field.type)]
    if len(kinds) != footer.num_columns:
        return frozenset()
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    return frozenset(
        k
        for k, kind in enumerate(kinds)
        if is_text(kind)
        and footer.schema.column(k).max_definition_level <= 1
        and not any(_DIFFERENCES & set(group.column(k).encodings) for group in groups)
    )


def parquet_bytes(content: pa.Buffer, footer: pq.FileMetaData, coded: Collection[int]) -> int:
    """Return the bytes that the columns of a Parquet file take in memory.

    Every page header is read, as a reader does; nothing is unpacked.

    Parameters
    ----------
    content : pyarrow.Buffer
        The whole file.
    footer : pyarrow.parquet.FileMetaData
        Where its column chunks lie.
    coded : collection of int
        Columns whose text is read as codes of a dictionary.

    Raises
    ------
    pyarrow.ArrowInvalid
        If a page header is damaged.
    """
    raw = memoryview(content).cast("B")
    total = 0
    leaves = [footer.schema.column(k) for k in range(footer.num_columns)]
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        for k, leaf in enumerate(leaves):
            chunk = group.column(k)
            width = _WIDTHS.get(leaf.physical_type, max(leaf.length or 0, _CODE_BYTES))
            if leaf.max_repetition_level:
                width += _LEVEL_BYTES
            is_bytes = leaf.physical_type == "BYTE_ARRAY"
            try:
                held = _chunk_bytes(raw, chunk, width, written_out=is_bytes and k not in coded)
            except (LookupError, TypeError, ValueError, struct.error):
                message = f"damaged page header in column {leaf.path}"
                raise pa.ArrowInvalid(message) from None
            total += max(held, group.num_rows * width)
    return total


def _chunk_bytes(
    raw: memoryview, chunk: pq.ColumnChunkMetaData, width: int, *, written_out: bool
) -> int:
    at, wanted = chunk.data_page_offset, chunk.num_values
    if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < at:
        at = chunk.dictionary_page_offset
    end = at + chunk.total_compressed_size
    total = seen = longest = 0
    while seen < wanted and at < end:
        page, at = _fields(raw, at)
        kind, unpacked, packed = page[1], page[2], page[3]
        if min(unpacked, packed) < 0:
            raise ValueError
        at += packed
        if kind == _DICTIONARY:
            longest = unpacked
            total += unpacked + _ENTRY_BYTES * page[7][1]
        elif kind in (_DATA, _DATA_2):
            head = page[5 if kind == _DATA else 8]
            n_values, encoding = head[1], head[2 if kind == _DATA else 4]
            if n_values < 0:
                raise ValueError
            seen += n_values
            total += max(unpacked, n_values * width)
            if encoding == _PREFIX_CODED:  # each value may repeat all of the one before
                total += n_values * unpacked
            elif written_out and encoding in _DICTIONARY_CODED:
                total += n_values * longest
    return total


def _fields(raw: memoryview, at: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """Return numbers and structs of a Thrift struct (compact protocol) by field, and its end."""
    found: dict[int, Any] = {}
    number = 0
    while head := raw[at]:
        at += 1
        kind = head & 15
        if head >> 4:
            number += head >> 4
        else:
            number, at = _integer(raw, at)
        found[number], at = _value(raw, at, kind, depth)
    return found, at + 1


def _value(raw: memoryview, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (1, 2):  # the truth value is the type itself
        return None, at
    if kind == 3:
        return None, at + 1
    if kind in (4, 5, 6):
        return _integer(raw, at)
    if kind == 7:
        return None, at + 8
    if kind == 8:
        length, at = _varint(raw, at)
        return None, at + length
    if kind == 12 and depth < _DEEPEST:
        return _fields(raw, at, depth + 1)
    raise ValueError  # no page header holds lists or maps


def _varint(raw: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError


def _integer(raw: memoryview, at: int) -> tuple[int, int]:
    value, at = _varint(raw, at)
    return (value >> 1) ^ -(value & 1), at


# Arrow messages

_RECORD_BATCH, _DICTIONARY_BATCH = "record batch", "dictionary"


def arrow_bytes(stream: pa.Buffer) -> int:
    """Return the bytes that the record batches and dictionaries of an Arrow stream unpack to.

    A compressed buffer begins with the length that it unpacks to, and a reader makes no more
    room than that.

    Raises
    ------
    pyarrow.ArrowInvalid
        If a message is damaged.
    """
    total = 0
    for message in pa.ipc.MessageReader.open_stream(pa.BufferReader(stream)):
        if message.type not in (_RECORD_BATCH, _DICTIONARY_BATCH):
            continue
        try:
            total += _batch_bytes(
                memoryview(message.metadata),
                memoryview(message.body) if message.body is not None else memoryview(b""),
                in_dictionary=message.type == _DICTIONARY_BATCH,
            )
        except (LookupError, TypeError, ValueError, struct.error):
            damaged = "damaged message"
            raise pa.ArrowInvalid(damaged) from None
    return total


def _batch_bytes(head: memoryview, body: memoryview, *, in_dictionary: bool) -> int:
    """Add up the buffers that a message (a FlatBuffer) lists."""
    (root,) = struct.unpack_from("<I", head, 0)
    batch = _table(head, root, 2)
    if in_dictionary:
        batch = _table(head, batch, 1)
    packed = _slot(head, batch, 3) is not None
    first = _table(head, batch, 2)
    (count,) = struct.unpack_from("<I", head, first)
    total = 0
    for offset, length in struct.iter_unpack("<qq", head[first + 4 : first + 4 + 16 * count]):
        claimed = -1
        if packed and length >= 8:
            (claimed,) = struct.unpack_from("<q", body, offset)
        total += max(length, claimed, 0)
    return total


def _slot(head: memoryview, table: int, field: int) -> int | None:
    """Return where a field of a FlatBuffer's table stands, or None where it is left out."""
    layout = table - struct.unpack_from("<i", head, table)[0]
    if min(layout, table) < 0:
        raise ValueError
    (size,) = struct.unpack_from("<H", head, layout)
    place = 4 + 2 * field
    offset = struct.unpack_from("<H", head, layout + place)[0] if place < size else 0
    return table + offset if offset else None


def _table(head: memoryview, table: int, field: int) -> int:
    at = _slot(head, table, field)
    if at is None:
        raise ValueError
    return int(at + struct.unpack_from("<I", head, at)[0])
