"""Django's administration as Kindred has it: its site, its menu, tables whose keys have two parts."""
