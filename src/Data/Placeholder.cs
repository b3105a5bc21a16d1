namespace Data;
