"""Makes or drops a database with neutron's tables: neutron_tables.py create|drop NAME.

The tables are made from neutron's models and not by its migrations, which take minutes.
"""

import os
import sys

import pymysql

SERVER = {
    "host": os.environ.get("FREEBSD_PORT_DATABASE_HOST", "127.0.0.1"),
    "port": int(os.environ.get("FREEBSD_PORT_DATABASE_PORT", "3306")),
    "user": os.environ.get("FREEBSD_PORT_DATABASE_USER", "root"),
    "password": os.environ.get("FREEBSD_PORT_DATABASE_PASSWORD", ""),
}


def url(name):
    """Give SQLAlchemy's URL of a database."""
    login = SERVER["user"] + (":" + SERVER["password"] if SERVER["password"] else "")
    place = "{}@{}:{}".format(login, SERVER["host"], SERVER["port"])
    return f"mysql+pymysql://{place}/{name}?charset=utf8mb4"


def main():
    """Do what the words say; prints the URL of a database that was made."""
    verb, name = sys.argv[1:]
    with pymysql.connect(**SERVER) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
        if verb == "drop":
            return
        cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    from neutron.db.migration.models import head
    from sqlalchemy import create_engine

    head.get_metadata().create_all(create_engine(url(name)))
    print(url(name))


if __name__ == "__main__":
    main()
