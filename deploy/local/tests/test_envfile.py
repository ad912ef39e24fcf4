import pytest

from deploy.local import envfile, paths


def test_quotes_exports_and_notes_are_understood():
    text = "# note\nexport A='x y'\nB=\"z # kept\"\n\nC=plain # note\nD=\nno value\n"
    assert envfile.parse(text) == {"A": "x y", "B": "z # kept", "C": "plain", "D": ""}


def test_values_may_hold_equal_signs():
    assert envfile.parse("URL=postgres://a:b@c/d?x=1") == {
        "URL": "postgres://a:b@c/d?x=1"
    }


def test_what_is_written_is_read_back_and_is_private(tmp_path):
    path = tmp_path / "local.env"
    envfile.write(path, {"A": "1", "B": "s3://k:s@h/b?r=e"}, heading="made here")
    assert envfile.read(path) == {"A": "1", "B": "s3://k:s@h/b?r=e"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_break_in_a_value_is_refused(tmp_path):
    with pytest.raises(ValueError, match="A holds a line break"):
        envfile.write(tmp_path / "x.env", {"A": "1\nB=2"}, heading="h")
    assert not (tmp_path / "x.env").exists()


def test_the_process_wins_over_dot_env_which_wins_over_local_env(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "DOT_ENV", tmp_path / ".env")
    monkeypatch.setattr(paths, "LOCAL_ENV", tmp_path / "local.env")
    (tmp_path / "local.env").write_text("A=local\nB=local\nC=local\n")
    (tmp_path / ".env").write_text("B=dot\nC=dot\n")
    assert envfile.merged({"C": "process"}) == {
        "A": "local",
        "B": "dot",
        "C": "process",
    }


def test_missing_files_are_empty(tmp_path):
    assert envfile.read(tmp_path / "none.env") == {}
