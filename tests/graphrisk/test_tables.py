import pyarrow as pa
import pytest

from graphrisk.tables import COLUMNS, SCHEMAS, conform, data_dictionary, write_dictionary


def test_conform_orders_and_casts_columns():
    table = pa.table({"n": pa.array([3], pa.int32()), "value": [1.0], "name": ["x"], "low": [None], "high": [None]})
    fitted = conform("metric", table.append_column("scan_id", pa.array(["s"])))
    assert fitted.schema == SCHEMAS["metric"]


def test_a_missing_and_an_unknown_column_are_named():
    with pytest.raises(ValueError, match=r"missing \['scan_id'.*unknown \['other'\]"):
        conform("metric", pa.table({"other": [1]}))


def test_the_data_dictionary_explains_every_column():
    text = data_dictionary()
    for table, columns in COLUMNS.items():
        assert f"`{table}`" in text
        for name, _, meaning in columns:
            assert f"| `{name}` |" in text
            assert meaning in text


def test_the_dictionary_is_written_between_its_marks_and_only_there(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- data dictionary -->\nold\n<!-- end -->\nafter\n")
    write_dictionary(readme)
    once = readme.read_text()
    write_dictionary(readme)
    assert readme.read_text() == once
    assert once.startswith("before\n<!-- data dictionary -->\n")
    assert once.endswith("<!-- end -->\nafter\n")
    assert data_dictionary() in once
    assert "\nold\n" not in once


def test_a_file_without_marks_is_refused(tmp_path):
    (tmp_path / "x.md").write_text("no marks")
    with pytest.raises(ValueError, match="must hold the marks"):
        write_dictionary(tmp_path / "x.md")
