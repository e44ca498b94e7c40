-- runuser -u postgres -- psql -v ON_ERROR_STOP=1 < postgresql.sql : le rôle du compte Unix `observatoire`, sans mot de passe,
-- et sa base, que personne d'autre n'ouvre.
create role observatoire login;
create database observatoire owner observatoire template template0 encoding 'UTF8' locale 'C.UTF-8';
revoke connect, temporary on database observatoire from public;
