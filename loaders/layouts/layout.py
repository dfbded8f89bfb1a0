"""What a layout says: the files of a data set, told by their columns, and how each is read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from loaders.config import ConfigError, InputError
from loaders.files import column_names

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class LayoutFile:
    """One file of a data set.

    Parameters
    ----------
    name : str
    columns : tuple of str
        Columns that it has, among others; empty if it has no header.
    without : tuple of str
        Columns that it does not have, where another file has the same and more.
    n_columns : int
        How many it has, if it has no header.
    """

    name: str
    columns: tuple[str, ...]
    without: tuple[str, ...] = ()
    n_columns: int = 0

    def fits(self, names: list[str]) -> bool:
        """Whether a file with these columns is this one."""
        if self.n_columns:
            return len(names) == self.n_columns
        lower = {name.lower() for name in names}
        return all(c.lower() in lower for c in self.columns) and not any(c.lower() in lower for c in self.without)

    def described(self) -> str:
        """Say how the file is told."""
        what = f"{self.n_columns} columns without a header" if self.n_columns else ", ".join(self.columns)
        return f"{self.name} ({what})"


@dataclass(frozen=True)
class Layout:
    """A published data set.

    Parameters
    ----------
    name : str
    about : str
        What it is and which files it has.
    files : tuple of LayoutFile
    needs : tuple of tuple of str
        Sets of files, one of which must be whole.
    blocks : tuple of str
        Parts of a configuration; each is written if all files that it names in braces are there.
    """

    name: str
    about: str
    files: tuple[LayoutFile, ...]
    needs: tuple[tuple[str, ...], ...]
    blocks: tuple[str, ...]

    def recognise(self, paths: list[Path]) -> dict[str, Path]:
        """Tell which file is which by its columns.

        Parameters
        ----------
        paths : list of Path
            CSV or Parquet files, and folders of them; in a folder, files that are none of the layout are passed over.

        Returns
        -------
        dict of str to Path
            Absolute, by name.

        Raises
        ------
        ConfigError
            If a file is none of the layout, two are the same, or not enough are there.
        """
        found: dict[str, Path] = {}
        problems = []
        for path in paths:
            inside = sorted(path.iterdir()) if path.is_dir() else [path]
            for file in inside:
                try:
                    name = self._name_of(file)
                except InputError as error:
                    if file == path:
                        problems.append(str(error))
                    continue
                if name is None:
                    if file == path:
                        known = "; ".join(one.described() for one in self.files)
                        problems.append(f"{file}: has not the columns of any file of {self.name}, which are {known}")
                elif name in found and found[name] != file.absolute():
                    problems.append(f"{file}: is {name}, and so is {found[name]}; give one of them")
                else:
                    found[name] = file.absolute()
        if not problems and not any(set(need) <= set(found) for need in self.needs):
            wanted = ", or ".join(" and ".join(self.file(name).described() for name in need) for need in self.needs)
            problems.append(f"layout {self.name}: needs {wanted}; found {', '.join(sorted(found)) or 'none'}")
        if problems:
            raise ConfigError(problems)
        return found

    def _name_of(self, path: Path) -> str | None:
        names = column_names(path)
        return next((file.name for file in self.files if file.fits(names)), None)

    def file(self, name: str) -> LayoutFile:
        """Find a file by its name."""
        return next(file for file in self.files if file.name == name)


def layout_names() -> tuple[str, ...]:
    """Names of all layouts."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


def read_layout(name: str) -> Layout:
    """Read a layout that is shipped.

    Parameters
    ----------
    name : str
        Dashes and capitals do not matter.

    Returns
    -------
    Layout

    Raises
    ------
    ConfigError
        If there is none of this name.
    """
    plain = name.lower().replace("-", "_").replace("++", "_plus_plus").replace("+", "_plus")
    if plain not in layout_names():
        raise ConfigError([f"layout: there is none named {name!r}; known are {', '.join(layout_names())}"])
    data = tomllib.loads((FOLDER / f"{plain}.toml").read_text(encoding="utf-8"))
    files = tuple(
        LayoutFile(
            file["name"], tuple(file.get("columns", ())), tuple(file.get("without", ())), file.get("n_columns", 0)
        )
        for file in data["file"]
    )
    needs = tuple(tuple(need) for need in data["needs"])
    return Layout(plain, data["about"], files, needs, tuple(block["text"] for block in data["block"]))
