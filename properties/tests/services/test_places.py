"""Loading the places of Benin, and finding them."""

import pytest
from django.contrib.gis.geos import Point

from properties.models import Division, Landmark, Place, PlaceLoad
from properties.queries.places import commune_of, search_places
from properties.queries.words import understand
from properties.services.outline import is_in_benin
from properties.services.places import display_name, load_places

pytestmark = pytest.mark.django_db


def test_loading_finding_and_loading_again():
    assert load_places() is True
    assert load_places() is False, "nothing changed, nothing was done"
    levels = Division.objects.order_by().values_list("level", flat=True)
    counts = {level: list(levels).count(level) for level in set(levels)}
    assert counts == {
        "department": 12,
        "commune": 77,
        "arrondissement": 546,
        "quartier": 5303,
    }
    assert Landmark.objects.count() == 3256
    known = dict(Division.objects.values_list("source_key", "pk"))
    marks = dict(Landmark.objects.values_list("osm_node", "pk"))

    PlaceLoad.objects.update(digest="of older files")
    Division.objects.filter(level="commune").update(name="?")
    assert load_places() is True
    assert dict(Division.objects.values_list("source_key", "pk")) == known
    assert dict(Landmark.objects.values_list("osm_node", "pk")) == marks
    assert not Division.objects.filter(name="?").exists()

    the_ambiguous_ones_are_marked()
    what_people_type_is_found()
    words_are_understood()


def the_ambiguous_ones_are_marked():
    codes = Division.objects.filter(is_ambiguous=True).values_list("parent_code")
    assert len(set(codes)) == 10
    assert not Division.objects.filter(is_ambiguous=True, parent__isnull=False).exists()
    of_two = Division.objects.filter(is_ambiguous=True, parent_code="5em").first()
    near_porto_novo = Point(2.62, 6.49, srid=4326)
    assert commune_of(of_two, near_porto_novo).name == "Porto-Novo"
    assert commune_of(of_two, Point(2.42, 6.37, srid=4326)).name == "Cotonou"
    inherited = Division.objects.filter(level="quartier", precision="commune").first()
    assert inherited.point == inherited.commune.point


def what_people_type_is_found():
    for text, name in (
        ("Cadjèhoun", "Cadjehoun"),
        ("cadjehun", "Cadjehoun"),
        ("FIDJROSSÈ", "Fidjrosse"),
        ("abomey calavi", "Abomey-Calavi"),
        ("Abomey–Calavi", "Abomey-Calavi"),
        ("cotonu", "Cotonou"),
        ("eglise baptiste etoile rouge", "Eglise Baptiste de l'Etoile rouge"),
    ):
        assert search_places(text)[0].name == name, text
    assert search_places("") == []
    assert search_places("%_'; --") == []
    assert search_places("zzqxzzqx") == []


def words_are_understood():
    found = understand("2 chambres meublées à Cadjèhoun")
    assert (found.bedrooms_min, found.is_furnished) == (2, True)
    assert found.place.name == "Cadjehoun"
    assert found.radius_m == 2000
    found = understand("villa Cotonou")
    assert found.kinds == ("villa",)
    assert found.divisions == (Division.objects.get(source_key__contains="COTONOU").pk,)
    assert understand("entrée-coucher").kinds == ("entree_coucher",)
    assert understand("pharmacie").place is None
    assert understand("carrelée staffée").words == ("carrelee", "staffee")


def test_names_in_capitals_are_shown_as_people_write_them():
    assert display_name("ABOMEY-CALAVI") == "Abomey-Calavi"
    assert display_name("N'DALI") == "N'Dali"
    assert display_name("12EME ARRONDISSEMENT") == "12e arrondissement"


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        ((2.3994, 6.3614), True),
        ((2.62, 9.34), True),
        ((1.2228, 6.1319), False),  # Lomé
        ((3.3792, 6.5244), False),  # Lagos
        ((2.3, 5.5), False),  # the sea
    ],
)
def test_the_outline_says_what_is_in_benin(at, inside):
    assert is_in_benin(Point(*at, srid=4326)) is inside


def test_localities_keep_their_kind():
    load = Place.objects.create(
        osm_node=1, kind="suburb", name="X", search_name="x", point=Point(2, 9)
    )
    load.refresh_from_db()
    assert load.point_m is not None
