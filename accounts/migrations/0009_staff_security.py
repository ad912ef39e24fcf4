from django.db import migrations


def rename_finance(apps, schema_editor):
    """Who enters what goes out: the group says now that it does not approve."""
    alias = schema_editor.connection.alias  # the default one may be another database
    groups = apps.get_model("auth", "Group").objects.using(alias)
    if not groups.filter(name="finance_maker").exists():
        groups.filter(name="finance").update(name="finance_maker")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_sanctions"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": (
                    ("reveal_person", "Peut révéler des coordonnées"),
                    (
                        "forget_second_factor",
                        "Peut retirer le second facteur d’un collègue",
                    ),
                ),
                "verbose_name": "utilisateur",
                "verbose_name_plural": "utilisateurs",
            },
        ),
        migrations.RunPython(rename_finance, migrations.RunPython.noop),
    ]
