"""The roof: the pipeline that joins the apps, and its loops."""
