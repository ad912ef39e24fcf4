"""What people read is in their language: refusals of the API and public pages."""

from __future__ import annotations

import pytest

SORT = "/api/v1/payments?sort=alphabetical"


@pytest.mark.parametrize(
    ("asked", "language", "title"),
    [
        (None, "fr", "Connectez-vous pour continuer"),
        ("fr-BJ,fr;q=0.9,en;q=0.8", "fr", "Connectez-vous pour continuer"),
        ("en", "en", "Sign in to continue"),
        ("en-NG,en;q=0.9,fr;q=0.5", "en", "Sign in to continue"),
        ("yo,de;q=0.9", "fr", "Connectez-vous pour continuer"),
        ("*", "fr", "Connectez-vous pour continuer"),
    ],
)
def test_a_refusal_is_in_the_language_that_was_asked_for(
    anonymous, asked, language, title
):
    headers = {} if asked is None else {"accept-language": asked}
    response = anonymous.get("/api/v1/me", headers=headers)
    assert response.status_code == 401
    assert response["Content-Language"] == language
    assert response.json()["title"] == title
    assert "Accept-Language" in response["Vary"]


def test_a_sentence_with_a_value_is_translated_whole(ama):
    french = ama.get(SORT)
    english = ama.get(SORT, headers={"accept-language": "en"})
    assert french["Content-Language"] == "fr"
    assert english["Content-Language"] == "en"
    assert french.json()["errors"][0]["detail"] == "Choix possibles\u202f: newest."
    assert english.json()["errors"][0]["detail"] == "Possible choices: newest."


def test_a_path_that_does_not_exist_is_refused_in_both_languages(anonymous):
    french = anonymous.get("/api/v1/nowhere")
    english = anonymous.get("/api/v1/nowhere", headers={"accept-language": "en"})
    assert french.json()["title"] == "Introuvable"
    assert english.json()["title"] == "Not found"


def test_the_libraries_own_sentences_are_in_the_same_language(anonymous, db):
    def refusal(**headers):
        path = "/api/v1/auth/otp-requests"
        return anonymous.post(path, {}, format="json", headers=headers).json()

    french, english = refusal(), refusal(**{"accept-language": "en"})
    assert french["errors"][0]["detail"] == "Ce champ est obligatoire."
    assert english["errors"][0]["detail"] == "This field is required."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "asked", "language", "heading"),
    [
        ("/", "", "fr", "Trouvez un logement près de votre repère"),
        ("/", "en", "en", "Find a home near your landmark"),
        ("/?lang=en", "fr", "en", "Find a home near your landmark"),
        ("/?lang=fr", "en", "fr", "Trouvez un logement près de votre repère"),
    ],
)
def test_a_public_page_is_in_both_languages(client, path, asked, language, heading):
    response = client.get(path, headers={"accept-language": asked})
    text = response.content.decode()
    assert response["Content-Language"] == language
    assert f'<html lang="{language}">' in text
    assert heading in text


@pytest.mark.parametrize(
    ("asked", "heading"), [("fr", "Introuvable"), ("en", "Not found")]
)
def test_a_page_that_does_not_exist_says_so_in_both_languages(client, asked, heading):
    response = client.get("/nowhere/at/all", headers={"accept-language": asked})
    assert response.status_code == 404
    assert heading in response.content.decode()
